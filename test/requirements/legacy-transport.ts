import { downstream, upstream, section } from './requirement.ts';
import {
  admin,
  answerStream,
  connect,
  deadlines,
  downstreamLegacy,
  downstreamModern,
  eras,
  faults,
  fuzzAnswers,
  hosts,
  large,
  legacyStreams,
  limits,
  notUtf8,
  resumption,
  rpcClient,
  sessions,
  unitHosts,
  upstreamCatalogues,
  upstreamPolling,
  upstreamServer,
  upstreamSessions,
} from './tests.ts';

const FOUND_AGAIN = 'a server that forgot its sessions is given new ones, and no client notices';

/** 2025-11-25, Transports: Streamable HTTP with sessions and streams. */
export const legacyTransport = [
  ...section(
    '2025-11-25/basic/transports: (top)',
    downstream(
      'legacy-utf8',
      'A message that is not UTF-8 is refused.',
      limits('what is no message is refused with 400, and says why'),
    ),
    upstream(
      'legacy-upstream-utf8',
      'An answer that is not UTF-8 becomes an error that names the server.',
      notUtf8('${era} client, ${server} server: an answer that is held becomes an error that names the server'),
      notUtf8('${era} client, ${server} server: a large answer never comes whole'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Streamable HTTP',
    downstream(
      'legacy-endpoint',
      'One path takes POST and GET.',
      downstreamLegacy('the session’s stream is one of events, and is refused to who does not take those'),
      limits('other methods of HTTP are refused with 405 and those that are taken'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Security Warning',
    downstream(
      'legacy-origin',
      'A request whose Origin is not allowed is refused with 403, of whatever method.',
      hosts('${name} is refused under a foreign name, and served under known ones'),
      unitHosts('the header Origin: a page under one of these names, or at the very address'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Sending Messages to the Server',
    upstream(
      'legacy-upstream-accept',
      'Every POST takes both kinds of answers.',
      rpcClient('dials the target, names the Service as Host and accepts both kinds of answers'),
      eras('calls a tool on ${path}'),
    ),
    upstream(
      'legacy-upstream-one-message',
      'Every message to a server is a POST of its own, with one message in it.',
      downstreamLegacy('a legacy server gets the request as it came, under its own name'),
      downstreamLegacy('a legacy server’s questions amid a call are answered by the gateway'),
    ),
    downstream(
      'legacy-accepted',
      'Notifications and responses that are taken are answered with 202 and no body.',
      downstreamLegacy('notifications and responses are taken with 202 and no body'),
    ),
    downstream(
      'legacy-not-accepted',
      'Notifications and responses that cannot be taken are answered with an HTTP error.',
      sessions('is required for all but initialize'),
    ),
    downstream(
      'legacy-answer-kinds',
      'A request is answered with one JSON object or a stream of events.',
      large('a ${client} client has an answer of 2 MiB from a ${server} server, as JSON and as an event'),
    ),
    upstream(
      'legacy-upstream-answer-kinds',
      'A server may answer with either.',
      large('a ${client} client has an answer of 2 MiB from a ${server} server, as JSON and as an event'),
      upstreamCatalogues('${name} is known with all it offers', 'a v1 SDK server with sessions that answers in JSON'),
    ),
    downstream(
      'legacy-priming-event',
      'A stream to a client of 2025-11-25 begins with an event that has an id and no data.',
      resumption('a stream begins with an event that has an id and no data, for clients that expect it'),
    ),
    downstream(
      'legacy-retry-before-close',
      'A connection that the gateway closes before its stream is over says first when to come back.',
      legacyStreams('a client that comes back amid a large event is told to come later'),
    ),
    upstream(
      'legacy-upstream-polling',
      'A stream that a server ends after an event id, before the answer, is asked for again until the deadline.',
      connect('an answer that is to be fetched again is fetched again'),
      upstreamPolling('a ${era} client’s call has its answer however often the server ends the stream before'),
      resumption('a server that never answers is asked until the deadline'),
    ),
    upstream(
      'legacy-upstream-retry-respected',
      'Before that the gateway waits for as long as the server’s retry field says.',
      upstreamPolling('for a ${era} client a stream is not asked for again before the server’s retry time'),
    ),
    downstream(
      'legacy-stream-has-response',
      'Every stream of a request comes to its one response.',
      fuzzAnswers('whatever a server (${server}) answers, a ${era} client has one answer with its own id'),
      faults('is told, once and at once, when it ${name}', 'breaks off after an event'),
    ),
    downstream(
      'legacy-stream-messages-related',
      'A request’s stream has what its server puts there, which knows what belongs to it, but for another’s progress; what the gateway hears elsewhere goes elsewhere.',
      legacyStreams('another request’s progress, and what a server says beside its answers, is not on a call’s stream'),
    ),
    downstream(
      'legacy-stream-ends-with-response',
      'The stream ends with its response.',
      faults('gets ${name}', 'an answer on a stream that stays open'),
      answerStream('events pass as they came, the last is the answer'),
    ),
    downstream(
      'legacy-disconnect-is-no-cancellation',
      'A client that goes away has not cancelled.',
      downstreamLegacy('a client that goes away does not cancel'),
    ),
    upstream(
      'legacy-upstream-cancel-explicitly',
      'A request that is given up is cancelled by a notification, not only by closing the connection.',
      downstreamModern('towards a legacy server by a notification too'),
      deadlines('has an answer at the deadline that the Service declares: ${tool}'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Listening for Messages from the Server',
    upstream(
      'legacy-upstream-get-accept',
      'GET takes a stream of events.',
      upstreamCatalogues('${name} is known with all it offers', 'a v1 SDK server with sessions'),
    ),
    upstream(
      'legacy-upstream-get-refused',
      'A server that answers GET with 405 offers no stream, and is asked for none again.',
      upstreamServer('a server that offers no stream is asked for none again'),
    ),
    downstream(
      'legacy-get',
      'GET is answered with a stream of events.',
      downstreamLegacy('the session’s stream is one of events, and is refused to who does not take those'),
    ),
    downstream(
      'legacy-get-unrelated',
      'On the GET stream stands what belongs to no request, and never a response unless it resumes one.',
      downstreamLegacy(
        'a client hears of a change on one of its streams only, and of one that it missed when it listens',
      ),
      legacyStreams('calls leave nothing on the session’s own stream'),
    ),
    downstream(
      'legacy-get-retry',
      'A GET stream that the gateway ends says when to come back.',
      legacyStreams('one stream too many closes the oldest, which says when to come back'),
      legacyStreams('streams say when to come back at the gateway’s end, and not at the session’s'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Multiple Connections',
    downstream(
      'legacy-one-stream',
      'Each message goes to exactly one of a session’s streams.',
      downstreamLegacy(
        'a client hears of a change on one of its streams only, and of one that it missed when it listens',
      ),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Resumability and Redelivery',
    downstream(
      'legacy-event-ids-unique',
      'Event ids are the gateway’s own, unique in the session, and name the stream that they are of.',
      answerStream('the server’s own event ids and retry times stay behind, its comments keep alive'),
      legacyStreams('no two events of a session have one id, whatever ids its servers give theirs'),
    ),
    downstream(
      'legacy-replay',
      'GET with Last-Event-ID replays what came after it on that stream, and nothing of another.',
      resumption('a client whose connection broke misses nothing: neither what was said, nor the answer'),
      resumption('two streams that broke are taken up each by itself'),
      resumption('an event id that is none, or of another session, opens a stream of the client’s own'),
      resumption('what is older than all that is kept is let go, the rest comes in order'),
    ),
    upstream(
      'legacy-upstream-resume',
      'A stream is resumed by GET with the last event id that was seen.',
      connect('an answer that is to be fetched again is fetched again'),
      resumption('a server may end a stream behind an event with an id, and is asked for the rest'),
      upstreamPolling('for a ${era} client a stream that breaks amid an event is taken up behind the one before'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Session Management',
    downstream(
      'legacy-session-id',
      'Session ids are random and of visible ASCII.',
      downstreamLegacy('initialize says who it is and what it has, and gives an id in visible ASCII'),
    ),
    downstream(
      'legacy-session-required',
      'A request without a session id is answered with 400.',
      sessions('is required for all but initialize'),
    ),
    downstream(
      'legacy-session-gone',
      'A request of a session that ended, by DELETE or in idleness, is answered with 404.',
      sessions('ends with DELETE, and with it those with the servers and the stream'),
      sessions('that is not known is answered with 404'),
      sessions('an idle session ends, one in use or with a stream stays'),
    ),
    upstream(
      'legacy-upstream-session-header',
      'Every request in a server’s session names it.',
      connect('a legacy server is given a session, which ends with the connection'),
      sessions('is one for each client at each server'),
    ),
    upstream(
      'legacy-upstream-session-secure',
      'A server’s session id is told to no client and no log, and serves one client only.',
      admin('at debug there is one line a request, and no line has an id, an argument or an answer'),
      sessions('is one for each client at each server'),
    ),
    upstream(
      'legacy-upstream-session-renewed',
      'On 404 the gateway initializes anew, without a session id, and sends the request again.',
      upstreamSessions(FOUND_AGAIN),
      upstreamServer('a session that the server forgot is begun anew, unseen'),
    ),
    upstream(
      'legacy-upstream-session-ended',
      'A session that is no longer needed is ended with DELETE.',
      sessions('ends with DELETE, and with it those with the servers and the stream'),
      connect('a legacy server is given a session, which ends with the connection'),
    ),
  ),
  ...section(
    '2025-11-25/basic/transports: Protocol Version Header',
    upstream(
      'legacy-upstream-header',
      'Every request after initialize carries the version that was negotiated with that server.',
      downstreamLegacy('a server is offered the version and the name that the client came with'),
      connect('a legacy server is given a session, which ends with the connection'),
    ),
    downstream(
      'legacy-header-absent',
      'Without the header the session’s own version holds.',
      downstreamLegacy('a version in the header that is not known is refused, none and any known one is taken'),
    ),
    downstream(
      'legacy-header-unsupported',
      'An unknown version in the header is refused with 400.',
      downstreamLegacy('a version in the header that is not known is refused, none and any known one is taken'),
      downstreamLegacy('initialize, GET and DELETE are refused under a version in the header that is not known'),
    ),
  ),
];
