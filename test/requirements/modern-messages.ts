import { downstream, upstream, section } from './requirement.ts';
import {
  answers,
  connect,
  downstreamLegacy,
  downstreamModern,
  eras,
  faults,
  fuzz,
  fuzzAnswers,
  itemChecks,
  limits,
  listing,
  lists,
  modernAnswers,
  modernCapabilities,
  modernSchemas,
  modernServers,
  modernSubscriptions,
  parkedRounds,
  tasksModern,
  upstreamSessions,
} from './tests.ts';

const AS_IT_CAME = 'a modern server gets the request as it came, under its own name, its parameters mirrored';
const ENVELOPE = 'a modern server gets an envelope, whatever the client’s params are';
const CODES = 'whatever is asked, ${sent} of a server of either era comes as what it means here: ${why}';
const SCHEMAS = 'tools of a ${server} server are taken and listed with their schemas unchanged, in any dialect';
const OWN = 'each request of the gateway’s own says its version, who asks, and that it can be asked nothing';
const DISCOVER = 'server/discover says versions, capabilities, who it is, and how long that holds';

/** 2026-07-28, Base Protocol: what every message is. */
export const modernMessages = [
  ...section(
    '2026-07-28/basic/index: (top)',
    downstream('modern-base-protocol', 'Clients of the newer SDK list and call.', eras('calls a tool on ${path}')),
    upstream(
      'modern-upstream-base-protocol',
      'Servers of the newer SDK, of one era and of both, are asked.',
      eras('calls a tool on ${path}'),
      connect('a modern server is described by its DiscoverResult and asked in the envelope'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Messages',
    downstream(
      'modern-json-rpc',
      'What is no JSON-RPC 2.0 message is refused with an error that says why.',
      limits('what is no message is refused with 400, and says why'),
      fuzz('whatever a client posts, it has the one answer that is owed, and others have theirs'),
    ),
    upstream(
      'modern-upstream-json-rpc',
      'What a server sends and is no JSON-RPC 2.0 message never reaches a client as one.',
      faults('is told, once and at once, when it ${name}', 'answers with a result and an error'),
      fuzzAnswers('whatever a server (${server}) answers, a ${era} client has one answer with its own id'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Requests',
    downstream(
      'modern-request-id-type',
      'A request whose id is null or neither a string nor an integer is refused, before its era is asked for.',
      limits('what is no message is refused with 400, and says why'),
    ),
    upstream(
      'modern-upstream-request-id-in-flight',
      'No two requests of the gateway’s own have one id; a call that is passed on names its client as the sender, and keeps the id that this one chose.',
      modernServers('no two requests of the gateway’s own have one id while both are open'),
      downstreamModern(AS_IT_CAME),
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Result Responses',
    downstream(
      'modern-result-id',
      'A result carries the id of its request, in the same JSON type.',
      downstreamModern(AS_IT_CAME),
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
    ),
    downstream(
      'modern-result-type',
      'Every result says by resultType what it is.',
      downstreamModern(DISCOVER),
      downstreamModern('every list says that it is complete, how long it may be kept and by whom'),
      downstreamModern(
        'a result of a legacy server says that it is complete, what was read of it that it may not be kept',
      ),
      answers('a result says what it is to a modern client, and only to it'),
    ),
    upstream(
      'modern-upstream-result-id',
      'Only a response with the id that was sent is taken as the answer.',
      faults('is told, once and at once, when it ${name}', 'answers another request'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: ResultType',
    downstream(
      'modern-result-type-known',
      'A client gets no resultType but those of the core and of extensions that it declared.',
      tasksModern('a task for a client that did not declare the extension is the server’s fault'),
      answers('a result of a type that the client does not know becomes an error'),
    ),
    upstream(
      'modern-upstream-result-type-unknown',
      'A result of an unknown type is no answer.',
      downstreamLegacy(
        'a modern server that wants something of the client is told of, since nothing was offered to it',
      ),
      answers('a result of a type that the client does not know becomes an error'),
      modernServers('a list of a type that is not known is none, one without a type is complete'),
    ),
    upstream(
      'modern-upstream-result-type-absent',
      'A result without a type is complete.',
      downstreamLegacy('calls of both eras do not hinder each other'),
      modernServers('a list of a type that is not known is none, one without a type is complete'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Error Responses',
    downstream(
      'modern-error-id',
      'An error carries the id of its request wherever that could be read.',
      faults('is told, once and at once, when it ${name}'),
      faults('gets ${name}', 'an error with the id null'),
      answers('an error without an id gets the request’s'),
    ),
    downstream(
      'modern-error-shape',
      'An error has an integer code and a message, the gateway’s own and a server’s alike.',
      limits('what is no message is refused with 400, and says why'),
      answers('an answer that no client can read becomes an error that names the server'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Error Codes',
    downstream(
      'modern-error-codes',
      'No code of the reserved range reaches a client but those that are defined, with their meaning; never -32002 or -32042.',
      downstreamModern('a server’s refusal of the gateway’s own headers or version is told as the server’s fault'),
      downstreamModern('a capability that the client lacks is told as the server told it'),
      modernAnswers(CODES),
    ),
    upstream(
      'modern-upstream-error-codes',
      'Codes from -32000 to -32019 mean nothing to the gateway and pass, but for -32002.',
      faults('gets ${name}', 'its own error'),
      modernAnswers(CODES, 'the last of the codes that were left to servers'),
    ),
    upstream(
      'modern-upstream-not-found',
      'A server’s -32002 is taken for a resource that is not there.',
      modernAnswers(CODES, 'a resource that is not there'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Notifications',
    downstream(
      'modern-notification-unanswered',
      'A client’s notification gets no JSON-RPC response.',
      downstreamModern('a notification is taken with 202, with and without headers or an envelope'),
    ),
    downstream(
      'modern-notification-without-id',
      'The gateway’s own notifications have no id.',
      modernSubscriptions('a stream is its acknowledgement, its changes and its result, and nothing else'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Statelessness',
    downstream(
      'modern-stateless',
      'A request is served by what stands in it, over any connection, whatever came before.',
      downstreamModern('an Mcp-Session-Id means nothing, and none is given'),
      upstreamSessions('modern clients’ calls are spread over both'),
    ),
    downstream(
      'modern-state-explicit',
      'What spans requests is named in them: requestState, a task’s id.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
      tasksModern('rounds come before the task'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Implementation Requirements',
    downstream(
      'modern-schemas-unchanged',
      'Schemas of any dialect are passed on unchanged; the gateway itself validates no value against them.',
      lists('an item keeps every field, known or not, but for its name'),
      modernSchemas(SCHEMAS),
      modernSchemas('no value is held to the schemas of a ${server} server by the gateway'),
    ),
    upstream(
      'modern-upstream-schemas-taken',
      'A tool is taken whatever dialect its schemas name.',
      listing('an item is kept as it came'),
      modernSchemas(SCHEMAS),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: $ref Resolution',
    upstream(
      'modern-upstream-ref',
      'No $ref to a network address is ever fetched.',
      modernSchemas('and nobody has ever asked for what the schemas refer to'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Composition-Keyword Resource Use',
    upstream(
      'modern-upstream-schema-bounds',
      'Schemas are bounded in depth and size.',
      itemChecks('a schema of 3,000 levels is left out without a stack overflow'),
      itemChecks('an item that is too large is left out'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: _meta',
    upstream(
      'modern-upstream-envelope',
      'Every request to a modern server says its version and the client’s capabilities.',
      downstreamLegacy(ENVELOPE),
      downstreamModern(AS_IT_CAME),
      modernServers(OWN),
    ),
    upstream(
      'modern-upstream-client-info',
      'Every request to a modern server says who the client is.',
      downstreamModern(AS_IT_CAME),
      downstreamLegacy(ENVELOPE),
      modernServers(OWN),
    ),
    upstream(
      'modern-upstream-meta-kept',
      'Trace context, a progress token and vendors’ keys reach the server.',
      downstreamModern(AS_IT_CAME),
      downstreamModern(
        'a legacy server gets no header or key of the modern era but mirrored parameters, and all others',
      ),
    ),
    downstream(
      'modern-envelope-required',
      'A request without version or capabilities is -32602 with HTTP 400.',
      downstreamModern('the version in the header without an envelope is refused'),
      downstreamModern('an envelope without capabilities is refused'),
    ),
    downstream(
      'modern-missing-capability',
      'What needs a capability that the request does not declare is -32021 with HTTP 400, and names it.',
      downstreamModern('a capability that the client lacks is told as the server told it'),
      parkedRounds('a call that fails for what was not declared says what to declare'),
    ),
    downstream(
      'modern-capabilities-per-request',
      'What an earlier request declared counts for nothing.',
      modernCapabilities(
        'a client of a ${server} server is asked by what its request declares, whatever another declared',
      ),
      modernCapabilities('a session in which a legacy server could ask is none for a request that declares nothing'),
    ),
    downstream(
      'modern-server-info',
      'Every result that the gateway makes says in _meta that it is its own, those of legacy servers too; modern servers’ pass as they are.',
      downstreamModern(DISCOVER),
      modernAnswers('every result that the gateway makes says that it is the gateway’s'),
      modernAnswers('a legacy server’s result is the gateway’s in this era, a modern server’s says itself whose it is'),
      downstreamModern('and the gateway’s end ends each with its result'),
    ),
    downstream(
      'modern-subscription-id',
      'Every message on a listen stream carries the id of its request, in its own type.',
      downstreamModern('each subscription hears what it asked for, under its own id with its type'),
      downstreamModern('and the gateway’s end ends each with its result'),
    ),
  ),
];
