import type { RequestHandler } from 'express';

/**
 * Makes an agent whose SDK speaks 0.3 for the sake of older clients look like one that has never heard of 1.0: it does
 * not know the header A2A-Version, and its card has nothing that 0.3 lacks.
 */
export const hideVersionHeader: RequestHandler = (request, _response, next) => {
  delete request.headers['a2a-version'];
  next();
};

/** The card's part of it. */
export const hideNewInterfaces: RequestHandler = (_request, response, next) => {
  const send = response.send.bind(response);
  response.send = (body: string) => {
    const { supportedInterfaces: _, ...card } = JSON.parse(body) as Record<string, unknown>;
    response.send = send;
    response.removeHeader('vary');
    return response.send(JSON.stringify({ ...card, protocolVersion: '0.3.0' }));
  };
  next();
};
