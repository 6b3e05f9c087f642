import { downstream, upstream, section } from './requirement.ts';
import {
  answerStream,
  askedLegacy,
  connect,
  downstreamLegacy,
  downstreamLists,
  downstreamModern,
  eras,
  faults,
  fuzz,
  fuzzAnswers,
  legacyWire,
  limits,
  listing,
  lists,
  listsOfEras,
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
      askedLegacy('two servers ask one client at once under one id: it sees two, and each gets its own answer'),
    ),
    upstream(
      'legacy-upstream-request-id-unique',
      'In one session with a server no request id is used twice, those of the gateway’s own requests included.',
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
      legacyWire('the gateway’s own requests in a client’s session have ids that no other request has'),
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
      faults('gets ${name}', 'an error without an id'),
      faults('gets ${name}', 'an error without an id on a stream'),
    ),
    downstream(
      'legacy-error-shape',
      'An error has an integer code and a message, its own and a server’s alike.',
      limits('what is no message is refused with 400, and says why'),
      faults('is told, once and at once, when it ${name}', 'answers with an error that is a text'),
      faults('is told, once and at once, when it ${name}', 'answers with an error that is null'),
      faults('is told, once and at once, when it ${name}', 'answers with an error without a code'),
      faults('is told, once and at once, when it ${name}', 'answers with an error whose code is a text'),
      faults('is told, once and at once, when it ${name}', 'answers with an error whose code is a fraction'),
      faults('is told, once and at once, when it ${name}', 'answers with an error without a message'),
      faults('is told, once and at once, when it ${name}', 'sends an error without a message on its stream'),
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
      legacyWire('a server’s notifications are answered with nothing, wherever they come'),
    ),
    upstream(
      'legacy-upstream-notification-without-id',
      'Notifications that the gateway sends to a server have no id.',
      legacyWire('notifications of the gateway’s own and of a client have no id'),
    ),
  ),
  ...section(
    '2025-11-25/basic/index: Implementation Requirements',
    downstream(
      'legacy-schemas-unchanged',
      'Schemas of any dialect are passed on unchanged; the gateway itself validates no value against them.',
      lists('an item keeps every field, known or not, but for its name'),
      listsOfEras('clients of both eras get schemas of any dialect of a ${serverEra} server as they are'),
      listsOfEras('the gateway validates no value for a ${serverEra} server: what fits no schema passes'),
    ),
    upstream(
      'legacy-upstream-schemas-taken',
      'A tool is taken whatever dialect its schemas name.',
      listing('an item is kept as it came'),
      listing('a tool is taken whatever dialect its schemas name'),
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
