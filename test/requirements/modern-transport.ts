import { downstream, upstream, section } from './requirement.ts';
import {
  answers,
  answerStream,
  connect,
  downstreamLegacy,
  downstreamModern,
  eraProbe,
  eras,
  faults,
  headerValue,
  hosts,
  large,
  limits,
  modernAnswers,
  modernServers,
  notUtf8,
  parameterValidation,
  rpcClient,
  sessions,
  unitHosts,
} from './tests.ts';

const HTTP = '2026-07-28/basic/transports/streamable-http';
const AS_IT_CAME = 'a modern server gets the request as it came, under its own name, its parameters mirrored';
const ENVELOPE = 'a modern server gets an envelope, whatever the client’s params are';
const HEADERS = 'a request without one of the headers, or with another value, is refused';
const CLOSED = 'a client that closes its stream ends the request: towards a modern server by the connection';

/** 2026-07-28, Transports: Streamable HTTP without sessions. */
export const modernTransport = [
  ...section(
    '2026-07-28/basic/transports/index: Messages',
    downstream(
      'modern-utf8',
      'A message that is not UTF-8 is refused.',
      limits('what is no message is refused with 400, and says why'),
    ),
    upstream(
      'modern-upstream-utf8',
      'An answer that is not UTF-8 becomes an error that names the server.',
      notUtf8('${era} client, ${server} server: an answer that is held becomes an error that names the server'),
    ),
  ),
  ...section(
    `${HTTP}: (top)`,
    downstream(
      'modern-endpoint',
      'One path takes POST.',
      eras('calls a tool on ${path}'),
      limits('other methods of HTTP are refused with 405 and those that are taken'),
    ),
  ),
  ...section(
    `${HTTP}: Security & Endpoint`,
    downstream(
      'modern-origin',
      'A request whose Origin is not allowed is refused with 403.',
      hosts('${name} is refused under a foreign name, and served under known ones'),
      unitHosts('the header Origin: a page under one of these names, or at the very address'),
    ),
  ),
  ...section(
    `${HTTP}: Sending Messages`,
    upstream(
      'modern-upstream-accept',
      'Every POST takes both kinds of answers.',
      rpcClient('dials the target, names the Service as Host and accepts both kinds of answers'),
      eras('calls a tool on ${path}'),
    ),
    upstream(
      'modern-upstream-headers',
      'Every POST carries the headers that mirror its body.',
      downstreamLegacy(ENVELOPE),
      downstreamModern(AS_IT_CAME),
      connect('a modern server is described by its DiscoverResult and asked in the envelope'),
    ),
    upstream(
      'modern-upstream-one-message',
      'Every message is a POST of its own; a server of this era is never sent a response.',
      downstreamModern(AS_IT_CAME),
      modernServers('what a modern server asks on a stream all the same is nobody’s, and no response is posted to it'),
    ),
    upstream(
      'modern-upstream-answer-kinds',
      'A server may answer in JSON or with a stream.',
      large('a ${client} client has an answer of 2 MiB from a ${server} server, as JSON and as an event'),
    ),
    downstream(
      'modern-accepted',
      'A notification that is taken is answered with 202 and no body.',
      downstreamModern('a notification is taken with 202, with and without headers or an envelope'),
    ),
    downstream(
      'modern-not-accepted',
      'What cannot be taken is answered with an HTTP error; a response of a modern client cannot.',
      limits('what is no message is refused with 400, and says why'),
      sessions('is required for all but initialize'),
      modernAnswers('a response is nothing that a modern client may send: it is refused'),
    ),
    downstream(
      'modern-answer-kinds',
      'A request is answered with one JSON object or a stream of events.',
      large('a ${client} client has an answer of 2 MiB from a ${server} server, as JSON and as an event'),
    ),
  ),
  ...section(
    `${HTTP}: Receiving Messages`,
    downstream(
      'modern-stream-messages-related',
      'What stands on a request’s stream before its response is about that request.',
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
      answers('a modern client hears of nothing but its request, and of logs if it asked'),
    ),
    downstream(
      'modern-stream-no-requests',
      'No request stands on a stream.',
      answerStream('what the server asks is not the client’s'),
    ),
    downstream(
      'modern-stream-ends-with-response',
      'The stream ends with its response.',
      faults('gets ${name}', 'an answer on a stream that stays open'),
    ),
    downstream(
      'modern-stream-unbuffered',
      'Streams ask proxies not to buffer them.',
      downstreamModern('subscriptions/listen begins with what of the filter is honoured'),
      modernAnswers('the stream of a call asks proxies not to buffer it'),
    ),
    upstream(
      'modern-upstream-comments',
      'Comments on a server’s stream are let pass as such.',
      faults('gets ${name}', 'an answer among events of other types and comments'),
    ),
  ),
  ...section(
    `${HTTP}: Cancellation`,
    downstream(
      'modern-close-cancels',
      'A client that closes its stream has cancelled: the server behind hears of it, and nothing more is sent.',
      downstreamModern(CLOSED),
      downstreamModern('towards a legacy server by a notification too'),
    ),
  ),
  ...section(
    `${HTTP}: Protocol Version Header`,
    upstream(
      'modern-upstream-version-header',
      'The header names the version that the body names.',
      downstreamLegacy(ENVELOPE),
      connect('a modern server is described by its DiscoverResult and asked in the envelope'),
    ),
    downstream(
      'modern-version-mismatch',
      'A header that differs from the body, or is missing, is -32020 with HTTP 400.',
      downstreamModern(HEADERS),
      downstreamModern('a version that is no string is refused'),
    ),
    downstream(
      'modern-version-unknown',
      'An unknown version, or one of the other era, is -32022 with HTTP 400.',
      downstreamModern('an unknown version is refused with those that are known'),
    ),
    downstream(
      'modern-method-unknown',
      'A method that is not there is -32601 with HTTP 404, a server’s own word for it too.',
      downstreamModern('the methods of the legacy era, and unknown ones, are not found'),
      modernAnswers('a method that a server says it does not have is HTTP 404, by whatever status it says so'),
    ),
  ),
  ...section(
    `${HTTP}: Standard Request Headers`,
    downstream(
      'modern-headers-required',
      'Mcp-Method is required, and Mcp-Name where a body has its source.',
      downstreamModern(HEADERS),
    ),
    upstream(
      'modern-upstream-name-encoded',
      'Mcp-Name is sent as the server’s own name, encoded where a header could not hold it.',
      downstreamModern('a header in the Base64 sentinel is decoded before it is compared'),
      downstreamModern(AS_IT_CAME),
      headerValue('what a header cannot hold is encoded as the specification’s examples are'),
    ),
  ),
  ...section(
    `${HTTP}: Case Sensitivity`,
    downstream(
      'modern-header-case',
      'Header names are compared without regard to case, values with.',
      downstreamModern('header values are told apart by case, names are not'),
    ),
  ),
  ...section(
    `${HTTP}: Server Validation`,
    downstream(
      'modern-header-validation',
      'Headers that are missing, malformed or differ from the body are -32020 with HTTP 400; routing goes by the body alone.',
      downstreamModern(HEADERS),
      downstreamModern('a header in the Base64 sentinel is decoded before it is compared'),
      downstreamModern('a name that looks like a sentinel is its own only when it is encoded'),
    ),
    downstream(
      'modern-header-integers',
      'Integers in Mcp-Param headers are compared as numbers.',
      parameterValidation('a header that says what its argument says is right, however it is written'),
      parameterValidation('a header that is missing, or says something else, is a fault that names it'),
    ),
  ),
  ...section(
    `${HTTP}: Backward Compatibility`,
    upstream(
      'modern-upstream-body-before-fallback',
      'On 400 the body decides: a modern error is a modern server, anything else a legacy one.',
      eraProbe('HTTP 400 with a modern error is modern; the same error with another status is not'),
      eraProbe('anything else is legacy'),
      connect('a server that answers discover with legacy versions only is legacy'),
    ),
  ),
  ...section(
    `${HTTP}: Earlier Streamable HTTP Revisions`,
    downstream(
      'modern-session-ignored',
      'A session id on a modern request is ignored, and none is given.',
      downstreamModern('an Mcp-Session-Id means nothing, and none is given'),
    ),
  ),
];
