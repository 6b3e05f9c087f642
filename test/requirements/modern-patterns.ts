import { downstream, missing, upstream, section } from './requirement.ts';
import {
  answerStream,
  deadlines,
  downstreamLegacy,
  downstreamModern,
  drain,
  eras,
  faults,
  listening,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const CLOSED = 'a client that closes its stream ends the request: towards a modern server by the connection';
const LISTENED = 'each subscription hears what it asked for, under its own id with its type';

/** 2026-07-28, Message Patterns: cancellation, progress and subscriptions. */
export const modernPatterns = [
  ...section(
    '2026-07-28/basic/patterns/index: (top)',
    downstream(
      'modern-no-requests',
      'The gateway sends a modern client no request.',
      answerStream('what the server asks is not the client’s'),
      missing('A legacy server samples, elicits and lists roots amid a call: the client sees results alone.'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: (top)',
    downstream(
      'modern-listen-torn-down',
      'A listen stream that the gateway ends is told so, by its result, and by notifications/cancelled before it.',
      downstreamModern('and the gateway’s end ends each with its result'),
      missing(
        'notifications/cancelled with the id of the listen request: this page demands it of every transport, the schema of stdio alone.',
      ),
    ),
    downstream(
      'modern-no-other-cancelled',
      'A client gets notifications/cancelled for nothing else, though a server may send it.',
      missing('A modern and a legacy server that send it on a call’s stream.'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Transport-Specific Cancellation',
    downstream(
      'modern-disconnect-cancels',
      'A client that goes away has cancelled, whether its stream had begun or not.',
      downstreamModern(CLOSED),
    ),
    upstream(
      'modern-upstream-cancel-by-close',
      'A request to a modern server is cancelled by closing its connection, without a notification.',
      downstreamModern(CLOSED),
      downstreamLegacy('a cancellation reaches a ${server} server, and the request is answered'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Timeouts',
    upstream(
      'modern-upstream-timeout',
      'Every call has a deadline, set for its Service, which progress does not extend.',
      deadlines('has an answer at the deadline that the Service declares: ${tool}', 'progress_forever'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Behavior Requirements',
    downstream(
      'modern-cancel-frees',
      'A cancelled request is given up at the server too.',
      downstreamModern(CLOSED),
      downstreamModern('towards a legacy server by a notification too'),
      missing('A parked call, and one whose session is being opened.'),
    ),
    upstream('modern-upstream-late-response', 'What a server sends after that is dropped.', downstreamModern(CLOSED)),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Timing Considerations',
    downstream(
      'modern-cancel-race',
      'A client that goes as its answer comes harms nobody.',
      missing('Clients that close at random times around the answer: every next call is right, no error in the log.'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Error Handling',
    downstream(
      'modern-cancel-invalid',
      'A cancellation by notification means nothing here and is taken with 202.',
      downstreamModern('a notification is taken with 202, with and without headers or an envelope'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/progress: Progress Flow',
    downstream(
      'modern-progress',
      'A client hears of progress under its own token, with the values as the server gave them.',
      eras('hears of progress on ${path}'),
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
    ),
    upstream(
      'modern-upstream-progress-token',
      'Tokens are unique among the requests that are in flight to one server.',
      missing(
        'Clients that choose one token call one modern server at once: it sees different tokens, each client its own.',
      ),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/progress: Behavior Requirements',
    downstream(
      'modern-progress-active',
      'Progress of a token that the client did not give is not passed on.',
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
      missing('The same of a modern server.'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/progress: Implementation Notes',
    downstream(
      'modern-progress-stops',
      'Nothing follows the answer.',
      answerStream('events pass as they came, the last is the answer'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/subscriptions: Opening a Stream',
    downstream('modern-listen-filter', 'A stream carries only what was asked for.', downstreamModern(LISTENED)),
    downstream(
      'modern-listen-resources',
      'Updates of the resources that were asked for come from the servers that have them.',
      missing(
        'URIs of several servers of both eras, one of nobody, on the union and on own paths; the last listener that leaves ends the server’s.',
      ),
    ),
    upstream(
      'modern-upstream-listen',
      'A server is asked to tell what it declares, and its announcements are taken up.',
      upstreamServer('${era}: a change that is announced is read at once, and only that list'),
      upstreamChanges('${program}: a changed list is known at once'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/subscriptions: Acknowledgment',
    downstream(
      'modern-listen-acknowledged',
      'The first message says what of the filter is honoured, and nothing comes before it.',
      downstreamModern('subscriptions/listen begins with what of the filter is honoured'),
      downstreamModern('a subscription to what one server does not have is not honoured'),
    ),
    upstream(
      'modern-upstream-listen-acknowledged',
      'A server counts as listened to only for what it acknowledged.',
      listening('only the changes that a server agreed to tell count as heard'),
      listening('a server that honours nothing is not listened to, and not asked again and again'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/subscriptions: Receiving Notifications',
    downstream('modern-listen-id', 'Every message carries the subscription’s id.', downstreamModern(LISTENED)),
  ),
  ...section(
    '2026-07-28/basic/patterns/subscriptions: Cancellation',
    downstream(
      'modern-listen-end',
      'A subscription that the gateway ends gets its result before the stream ends.',
      downstreamModern('and the gateway’s end ends each with its result'),
      drain('running calls finish, streams end as each era ends them, and nothing new is held open'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/subscriptions: Graceful Closure',
    downstream(
      'modern-listen-result',
      'The result is complete and carries the subscription’s id.',
      downstreamModern('and the gateway’s end ends each with its result'),
    ),
    upstream(
      'modern-upstream-listen-ended',
      'A stream that a server ends, gracefully or not, is opened again, and what was missed is read.',
      upstreamServer('${era}: a stream that ends is opened again, and what was missed is read'),
    ),
  ),
  ...section(
    '2026-07-28/changelog: Major changes',
    upstream(
      'modern-upstream-no-resumption',
      'A stream that breaks has lost its request: it is not resumed, the client is told and may ask anew.',
      faults('is told, once and at once, when it ${name}', 'breaks off after an event'),
      missing('A modern server’s stream that ends after an event id: no GET follows.'),
    ),
  ),
];
