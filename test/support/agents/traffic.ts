import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** The last request of a method, as it arrived. */
export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly params: unknown;
}

/** What arrives at an agent, and which streams it has open. */
export class Traffic {
  /** method → how often; `card` stands for reads of the card. */
  readonly counts: Record<string, number> = {};
  readonly seen: Record<string, SeenRequest> = {};
  readonly #open = new Set<ServerResponse>();

  /** Counts a JSON-RPC request whose body has been parsed. */
  readonly countMethod: RequestHandler = (request, response, next) => {
    const { method, params } = (request.body ?? {}) as { method?: string; params?: unknown };
    if (method !== undefined) this.#count(method, { headers: { ...request.headers }, params });
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    next();
  };

  readonly countCard: RequestHandler = (request, _response, next) => {
    this.#count('card', { headers: { ...request.headers }, params: null });
    next();
  };

  /** The event streams that are open. */
  get streams(): number {
    return this.#streams().length;
  }

  /** Breaks the event streams: their connections are closed in the middle of the answer. */
  dropStreams(): void {
    for (const response of this.#streams()) response.destroy();
  }

  #count(method: string, request: SeenRequest): void {
    this.counts[method] = (this.counts[method] ?? 0) + 1;
    this.seen[method] = request;
  }

  #streams(): ServerResponse[] {
    return [...this.#open].filter((response) =>
      String(response.getHeader('content-type')).startsWith('text/event-stream'),
    );
  }
}
