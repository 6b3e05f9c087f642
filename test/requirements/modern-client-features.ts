import { downstream, missing, upstream, section } from './requirement.ts';

/** 2026-07-28, Client Features: roots, sampling and elicitation, which the gateway relays between server and client. */
export const modernClientFeatures = [
  ...section(
    '2026-07-28/client/roots: Capabilities',
    upstream(
      'modern-upstream-roots-declared',
      'roots is declared on each request of a client that declared it, and on no other.',
      missing('clientCapabilities as they arrive, of modern and of legacy clients.'),
    ),
  ),
  ...section(
    '2026-07-28/client/roots: Root',
    upstream(
      'modern-upstream-roots-unchanged',
      'A client’s roots reach the server as they are.',
      missing('roots/list in inputRequests, answered by a modern and by a legacy client, compared whole.'),
    ),
  ),
  ...section(
    '2026-07-28/client/roots: Implementation Guidelines',
    downstream(
      'modern-roots-checked',
      'A client is asked for its roots only if that request declared them.',
      missing('Servers of both eras ask; a client without roots is not asked.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tools in Sampling',
    downstream(
      'modern-sampling-tools',
      'Sampling with tools reaches only a client that declared sampling.tools.',
      missing('Servers of both eras ask with tools: a client with sampling alone is not asked.'),
    ),
    upstream(
      'modern-upstream-sampling-tools-declared',
      'sampling.tools and sampling.context are declared where the client declared them.',
      missing('clientCapabilities as they arrive.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Capabilities',
    upstream(
      'modern-upstream-sampling-declared',
      'sampling is declared on each request of a client that declared it, and on no other.',
      missing('clientCapabilities as they arrive, of modern and of legacy clients.'),
    ),
    downstream(
      'modern-sampling-context',
      'includeContext passes as the server sends it.',
      missing('sampling/createMessage of servers of both eras, compared whole.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tool Result Messages',
    downstream(
      'modern-sampling-messages',
      'Messages with tool uses and results pass unchanged, whatever stands in them.',
      missing('A sampling request with tool_use and tool_result messages, compared whole on both sides.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tool Use and Result Balance',
    downstream(
      'modern-sampling-balance',
      'The order of messages in a sampling request is the server’s.',
      missing('The same request as above.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Messages',
    downstream(
      'modern-sampling-not-kept',
      'Nothing of a sampling request is kept for another.',
      missing('Two rounds: the second has its own messages alone.'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Sampling Parameters',
    downstream(
      'modern-sampling-parameters',
      'maxTokens and all other parameters reach the client as they are.',
      missing('Compared whole.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Capabilities',
    upstream(
      'modern-upstream-elicitation-declared',
      'elicitation is declared with the client’s modes, {} being form.',
      missing('clientCapabilities as they arrive for {}, form, url, both and none.'),
    ),
    downstream(
      'modern-elicitation-modes',
      'A client is asked only in a mode that it declared.',
      missing('URL mode of servers of both eras, to a client with form alone.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Elicitation Requests',
    downstream(
      'modern-elicitation-unchanged',
      'A server’s elicitation reaches a client as it is; without a mode it is form mode.',
      missing('A form with every kind of schema, with and without mode, of servers of both eras.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Form Mode Elicitation Requests',
    downstream(
      'modern-elicitation-form',
      'A form of a legacy server comes in inputRequests with its requestedSchema.',
      missing('elicitation/create of a legacy server amid a call; the content reaches it.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: URL Mode Elicitation Requests',
    downstream(
      'modern-elicitation-url',
      'A URL of a legacy server comes with url and message, without its elicitationId.',
      missing('elicitation/create and -32042 of a legacy server; its completion is not passed on.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Statefulness',
    downstream(
      'modern-elicitation-state',
      'A parked question is taken up by the principal whose call it belongs to, and by no other.',
      missing('Another principal with the very requestState.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Error Handling',
    downstream(
      'modern-elicitation-refused',
      'A client that declines, cancels or never answers leaves the server with an answer.',
      missing('decline, cancel and silence, towards servers of both eras.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Security Considerations',
    downstream(
      'modern-elicitation-bound',
      'A question comes as the answer to the call that it belongs to, and only its retry answers it.',
      missing('200 clients asked at once by one legacy server: no answer goes astray.'),
    ),
    upstream(
      'modern-upstream-elicitation-source',
      'A client can tell which server asks.',
      missing('On /mcp an elicitation names its server where there is a place for it.'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Safe URL Handling',
    upstream(
      'modern-upstream-elicitation-url-untouched',
      'The gateway never fetches the URL of an elicitation, and passes it unchanged.',
      missing('A URL of a listening server is relayed; nobody connects to it.'),
    ),
  ),
  ...section(
    '2026-07-28/schema: CreateMessageRequestParams',
    upstream(
      'modern-upstream-sampling-tools-refused',
      'A server that asks with tools, though sampling.tools was not declared, is not answered with a sample.',
      missing('As modern-sampling-tools, seen from the server.'),
    ),
  ),
];
