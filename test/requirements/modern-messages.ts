import { downstream, missing, upstream, section } from './requirement.ts';
import {
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
  tasksModern,
  upstreamSessions,
} from './tests.ts';

const AS_IT_CAME = 'a modern server gets the request as it came, under its own name, its parameters mirrored';
const ENVELOPE = 'a modern server gets an envelope, whatever the client’s params are';
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
      'Of the requests that the gateway has in flight to one server no two have one id.',
      missing(
        'Clients of both eras that choose one id call one modern server at once: it sees different ids, each client its own.',
      ),
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
      missing('A modern server that leaves resultType out: the client has "complete".'),
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
      missing(
        'A modern server answers with an unknown type: an error that names it; a legacy server’s member of that name is overwritten.',
      ),
    ),
    upstream(
      'modern-upstream-result-type-unknown',
      'A result of an unknown type is no answer.',
      downstreamLegacy(
        'a modern server that wants something of the client is told of, since nothing was offered to it',
      ),
      missing('The same for modern clients, and for what the gateway asks for itself.'),
    ),
    upstream(
      'modern-upstream-result-type-absent',
      'A result without a type is complete.',
      downstreamLegacy('calls of both eras do not hinder each other'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Error Responses',
    downstream(
      'modern-error-id',
      'An error carries the id of its request wherever that could be read.',
      faults('is told, once and at once, when it ${name}'),
      faults('gets ${name}', 'an error with the id null'),
      missing('An error response in which a server leaves the id out has the client’s id, as JSON and on a stream.'),
    ),
    downstream(
      'modern-error-shape',
      'An error has an integer code and a message, the gateway’s own and a server’s alike.',
      limits('what is no message is refused with 400, and says why'),
      missing(
        'A server’s error that is no object, or lacks an integer code or a message, becomes the gateway’s -32603.',
      ),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: Error Codes',
    downstream(
      'modern-error-codes',
      'No code of the reserved range reaches a client but those that are defined, with their meaning; never -32002 or -32042.',
      downstreamModern('a server’s refusal of the gateway’s own headers or version is told as the server’s fault'),
      downstreamModern('a capability that the client lacks is told as the server told it'),
      missing('-32002, -32042 and -32050 of a modern and of a legacy server, for tools, prompts and resources.'),
    ),
    upstream(
      'modern-upstream-error-codes',
      'Codes from -32000 to -32019 mean nothing to the gateway and pass, but for -32002.',
      faults('gets ${name}', 'its own error'),
    ),
    upstream(
      'modern-upstream-not-found',
      'A server’s -32002 is taken for a resource that is not there.',
      missing('resources/read of a modern client, -32002 of a legacy and of a modern server: -32602.'),
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
      missing('The acknowledgement and a change on a listen stream, compared whole.'),
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
      missing('A tool whose schemas name draft-07, 2020-12 and an unknown $schema is listed with them as they are.'),
    ),
    upstream(
      'modern-upstream-schemas-taken',
      'A tool is taken whatever dialect its schemas name.',
      listing('an item is kept as it came'),
      missing('Tools whose schemas name draft-07 and an unknown $schema are taken.'),
    ),
  ),
  ...section(
    '2026-07-28/basic/index: $ref Resolution',
    upstream(
      'modern-upstream-ref',
      'No $ref to a network address is ever fetched.',
      missing(
        'A tool and a form with $ref to a server that listens: it is listed and called, and nobody connects there.',
      ),
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
      missing('The gateway’s own requests, as they arrive: discover, lists, listen.'),
    ),
    upstream(
      'modern-upstream-client-info',
      'Every request to a modern server says who the client is.',
      downstreamModern(AS_IT_CAME),
      missing('A legacy client’s clientInfo from initialize, on its calls of a modern server.'),
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
      missing(
        'A legacy server asks a client that declared nothing and then fails the call: -32021 with what was missing.',
      ),
    ),
    downstream(
      'modern-capabilities-per-request',
      'What an earlier request declared counts for nothing.',
      missing('One client calls with elicitation and then without: the second call is never asked.'),
    ),
    downstream(
      'modern-server-info',
      'Every result says in _meta that it is the gateway’s.',
      downstreamModern(DISCOVER),
      missing('The lists, calls of servers of both eras, and the end of a subscription.'),
    ),
    downstream(
      'modern-subscription-id',
      'Every message on a listen stream carries the id of its request, in its own type.',
      downstreamModern('each subscription hears what it asked for, under its own id with its type'),
      downstreamModern('and the gateway’s end ends each with its result'),
    ),
  ),
];
