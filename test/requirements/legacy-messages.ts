import { downstream, missing, upstream, section } from './requirement.ts';
import {
  answerStream,
  connect,
  downstreamLegacy,
  downstreamLists,
  downstreamModern,
  eras,
  faults,
  fuzz,
  fuzzAnswers,
  limits,
  listing,
  lists,
  upstreamServer,
} from './tests.ts';

/** 2025-11-25, Base Protocol: what every message is. */
export const legacyMessages = [
  ...section(
    '2025-11-25/basic/index: (top)',
    downstream(
      'legacy-base-protocol',
      'Clients of the older SDK initialize, list and call.',
      eras('sees the tools of all servers on /mcp'),
      eras('calls a tool on ${path}'),
    ),
    upstream(
      'legacy-upstream-base-protocol',
      'Servers of the older SDKs, with and without sessions, are initialized and asked.',
      eras('calls a tool on ${path}'),
      connect('a legacy server is given a session, which ends with the connection'),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Messages',
    downstream(
      'legacy-json-rpc',
      'What is no JSON-RPC 2.0 message is refused with an error that says why.',
      limits('what is no message is refused with 400, and says why'),
      fuzz('whatever a client posts, it has the one answer that is owed, and others have theirs'),
    ),
    upstream(
      'legacy-upstream-json-rpc',
      'What a server sends and is no JSON-RPC 2.0 message never reaches a client as one.',
      faults('is told, once and at once, when it ${name}', 'answers with a result and an error'),
      fuzzAnswers('whatever a server (${server}) answers, a ${era} client has one answer with its own id'),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Requests',
    downstream(
      'legacy-request-id-type',
      'A request whose id is null or neither a string nor an integer is refused.',
      limits('what is no message is refused with 400, and says why'),
    ),
    downstream(
      'legacy-request-id-of-the-gateway',
      'Requests that the gateway sends to a client have ids that are unique in the session, whichever server asks.',
      missing('Two servers ask one client at once under one id: the client sees two ids, each server gets its answer.'),
    ),
    upstream(
      'legacy-upstream-request-id-unique',
      'In one session with a server no request id is used twice, those of the gateway’s own requests included.',
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
      missing(
        'In a client’s own session the ids of the gateway’s initialize and ping are none that the client uses, and each ping has another.',
      ),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Result Responses',
    downstream(
      'legacy-result-id',
      'A result carries the id of its request, in the same JSON type.',
      downstreamLegacy('ping is answered by the gateway, with the id as it came'),
      downstreamLegacy('a legacy server gets the request as it came, under its own name'),
    ),
    upstream(
      'legacy-upstream-result-id',
      'Only a response with the id that was sent is taken as the answer.',
      faults('is told, once and at once, when it ${name}', 'answers another request'),
      faults('is told, once and at once, when it ${name}', 'answers another request on its stream'),
    ),
    upstream(
      'legacy-upstream-response-of-the-gateway',
      'What the gateway answers a server’s own request with carries that request’s id.',
      downstreamLegacy('a legacy server’s questions amid a call are answered by the gateway'),
      upstreamServer("a server's ping is answered, anything else it asks for refused"),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Error Responses',
    downstream(
      'legacy-error-id',
      'An error carries the id of its request wherever that could be read.',
      faults('is told, once and at once, when it ${name}'),
      faults('gets ${name}', 'an error with the id null'),
      missing(
        'An error response in which a server leaves the id out (2025-11-25 allows it) has the client’s id, as JSON and on a stream.',
      ),
    ),
    downstream(
      'legacy-error-shape',
      'An error has an integer code and a message, its own and a server’s alike.',
      limits('what is no message is refused with 400, and says why'),
      missing(
        'A server’s error that is no object, or lacks an integer code or a message, becomes the gateway’s -32603.',
      ),
    ),
    upstream(
      'legacy-upstream-error-shape',
      'What the gateway cannot do for a server is told as an error with its code.',
      upstreamServer("a server's ping is answered, anything else it asks for refused"),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Notifications',
    downstream(
      'legacy-notification-unanswered',
      'A client’s notification gets no JSON-RPC response.',
      downstreamLegacy('notifications and responses are taken with 202 and no body'),
    ),
    downstream(
      'legacy-notification-without-id',
      'The gateway’s own notifications have no id.',
      downstreamLists('a client of the SDK hears of a server that was added to its open session'),
    ),
    upstream(
      'legacy-upstream-notification-unanswered',
      'A server’s notification gets no response.',
      missing('After notifications of a server on a call’s and on the GET stream, no response to them was posted.'),
    ),
    upstream(
      'legacy-upstream-notification-without-id',
      'Notifications that the gateway sends to a server have no id.',
      missing('notifications/initialized and notifications/cancelled as they arrive, compared whole.'),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Implementation Requirements',
    downstream(
      'legacy-schemas-unchanged',
      'Schemas of any dialect are passed on unchanged; the gateway itself validates no value against them.',
      lists('an item keeps every field, known or not, but for its name'),
      missing('A tool whose schemas name draft-07, 2020-12 and an unknown $schema is listed with them as they are.'),
    ),
    upstream(
      'legacy-upstream-schemas-taken',
      'A tool is taken whatever dialect its schemas name.',
      listing('an item is kept as it came'),
      missing('Tools whose schemas name draft-07 and an unknown $schema are taken.'),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: _meta',
    upstream(
      'legacy-upstream-meta',
      'A client’s keys in _meta reach a legacy server as they are, and none is added.',
      downstreamLegacy('a legacy server gets the request as it came, under its own name'),
    ),
    downstream(
      'legacy-meta',
      'A server’s keys in _meta of answers and of notifications reach a legacy client as they are.',
      answerStream('events pass as they came, the last is the answer'),
      lists('an item keeps every field, known or not, but for its name'),
    ),
  ),
];
