import { downstream, missing, upstream, section } from './requirement.ts';
import { answerStream, downstreamLegacy, questions, upstreamServer } from './tests.ts';

/** 2025-11-25, Client Features: roots, sampling and elicitation, which the gateway relays between server and client. */
export const legacyClientFeatures = [
  ...section(
    '2025-11-25/client/roots: Capabilities',
    upstream(
      'legacy-upstream-roots-declared',
      'roots is declared to a server where the client declared it, with its listChanged.',
      questions('a server asks on the stream of the session'),
      missing('initialize as it arrives; without listChanged for a modern client’s call.'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Root List Changes',
    upstream(
      'legacy-upstream-roots-changed',
      'A client’s notifications/roots/list_changed reaches every server of its session that was told of it.',
      missing('A legacy client with two servers; none to a modern server.'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Root',
    upstream(
      'legacy-upstream-roots-unchanged',
      'A client’s roots reach the server as they are.',
      questions('a server asks on the stream of the session'),
      missing('The answer compared whole.'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Error Handling',
    upstream(
      'legacy-upstream-roots-undeclared',
      'A server that asks for roots that were not declared gets -32601.',
      missing('roots/list of a server whose client has none, in each pair of eras.'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Implementation Guidelines',
    downstream(
      'legacy-roots-checked',
      'A client is asked for its roots only if it declared them.',
      missing('A server asks; a client without roots sees nothing.'),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tools in Sampling',
    downstream(
      'legacy-sampling-tools',
      'Sampling with tools reaches only a client that declared sampling.tools.',
      missing('A client with sampling alone: the server gets -32602, the client nothing.'),
    ),
    upstream(
      'legacy-upstream-sampling-tools-declared',
      'sampling.tools and sampling.context are declared to a server where the client declared them.',
      missing('initialize as it arrives.'),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Capabilities',
    upstream(
      'legacy-upstream-sampling-declared',
      'sampling is declared to a server where the client declared it; asked all the same it is -32601.',
      answerStream('what the server asks is not the client’s'),
      downstreamLegacy('a legacy server’s questions amid a call are answered by the gateway'),
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      questions('nothing is declared to a server for a client that declares nothing'),
      missing('A client that declared roots alone: sampling is -32601.'),
    ),
    downstream(
      'legacy-sampling-context',
      'includeContext passes as the server sends it.',
      missing('sampling/createMessage through the gateway, compared whole.'),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tool Result Messages',
    downstream(
      'legacy-sampling-messages',
      'Messages with tool uses and results pass unchanged, whatever stands in them.',
      missing('A sampling request with tool_use and tool_result messages, compared whole on both sides.'),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tool Use and Result Balance',
    downstream(
      'legacy-sampling-balance',
      'The order of messages in a sampling request is the server’s.',
      missing('The same request as above.'),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Error Handling',
    upstream(
      'legacy-upstream-sampling-errors',
      'A client’s refusal reaches the server with its code.',
      questions('a client that refuses is heard by the server'),
      missing('The codes -1 and -32602 of a client, as they arrive at the server.'),
    ),
  ),
  ...section(
    '2025-11-25/schema: CreateMessageRequestParams',
    upstream(
      'legacy-upstream-sampling-tools-refused',
      'A server that sends tools or toolChoice, though sampling.tools was not declared, gets an error.',
      missing('As legacy-sampling-tools, seen from the server.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Capabilities',
    upstream(
      'legacy-upstream-elicitation-declared',
      'elicitation is declared to a server with the client’s modes, {} being form.',
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      missing('initialize as it arrives for {}, form, url, both and none.'),
    ),
    downstream(
      'legacy-elicitation-modes',
      'A client is asked only in a mode that it declared.',
      missing('URL mode to a client with form alone: nothing to the client, -32602 to the server.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Elicitation Requests',
    downstream(
      'legacy-elicitation-unchanged',
      'A server’s elicitation reaches a client as it is; without a mode it is form mode.',
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      missing('A form with every kind of schema, with and without mode, compared whole.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Form Mode Elicitation Requests',
    downstream(
      'legacy-elicitation-form',
      'A form of a modern server comes to a legacy client with its requestedSchema.',
      missing('inputRequests with a form, as elicitation/create on the call’s stream; the content in the retry.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: URL Mode Elicitation Requests',
    downstream(
      'legacy-elicitation-url',
      'A URL of a modern server comes to a legacy client with an elicitationId of the gateway’s.',
      missing('inputRequests with a URL: url and message unchanged, an elicitationId minted.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Completion Notifications for URL Mode Elicitation',
    downstream(
      'legacy-elicitation-complete',
      'notifications/elicitation/complete reaches only the client that was asked, with the id that it knows.',
      missing('Two clients of one server; one is told. To a modern client nothing comes.'),
    ),
    upstream(
      'legacy-upstream-elicitation-complete',
      'A completion with an unknown id is ignored.',
      missing('A server completes what it never asked.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: URL Elicitation Required Error',
    downstream(
      'legacy-elicitation-required',
      'A server’s -32042 passes with its elicitations to a legacy client that knows URL mode.',
      missing('-32042 through the gateway, compared whole; for a client at an older version a plain error.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Statefulness',
    downstream(
      'legacy-elicitation-state',
      'Which client a question belongs to is held by session and principal, never by the session’s id alone.',
      missing('Another principal that posts an answer under the session’s id is refused.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Error Handling',
    upstream(
      'legacy-upstream-elicitation-errors',
      'A server that asks in a mode that was not declared gets -32602, without the capability -32601.',
      upstreamServer("a server's ping is answered, anything else it asks for refused"),
      missing('Both, amid a call and on the GET stream.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Security Considerations',
    downstream(
      'legacy-elicitation-bound',
      'A question goes to the client whose call it came in, and only its answer is taken.',
      questions('many clients are asked at once, each what is its own'),
      missing('An answer that comes in another session, or a second time, is dropped.'),
    ),
    upstream(
      'legacy-upstream-elicitation-source',
      'A client can tell which server asks.',
      missing('On /mcp an elicitation names its server where the client’s era has a place for it.'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Safe URL Handling',
    upstream(
      'legacy-upstream-elicitation-url-untouched',
      'The gateway never fetches the URL of an elicitation, and passes it unchanged.',
      missing('A URL of a listening server is relayed; nobody connects to it.'),
    ),
  ),
  ...section(
    '2025-11-25/schema: ElicitRequestURLParams',
    upstream(
      'legacy-upstream-elicitation-id-opaque',
      'An elicitationId is given on as it is.',
      missing('Odd ids of a legacy server, to a legacy client and back in the completion.'),
    ),
  ),
];
