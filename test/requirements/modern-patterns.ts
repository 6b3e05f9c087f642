import { downstream, upstream, section } from './requirement.ts';
import {
  answers,
  answerStream,
  deadlines,
  downstreamLegacy,
  downstreamModern,
  drain,
  eras,
  faults,
  listening,
  modernCancellation,
  modernCapabilities,
  modernServers,
  modernSubscriptions,
  parkedEnds,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const CLOSED = 'a client that closes its stream ends the request: towards a modern server by the connection';
const RELATED = 'a modern client hears of nothing but its request, and of logs if it asked';
const LISTENED = 'each subscription hears what it asked for, under its own id with its type';

/** 2026-07-28, Message Patterns: cancellation, progress and subscriptions. */
export const modernPatterns = [
  ...section(
    '2026-07-28/basic/patterns/index: (top)',
    downstream(
      'modern-no-requests',
      'The gateway sends a modern client no request.',
      answerStream('what the server asks is not the client’s'),
      modernCapabilities('what a ${server} server asks amid a call comes in its result, never as a request'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: (top)',
    downstream(
      'modern-listen-torn-down',
      // This page has notifications/cancelled for it. The schema, which is the source of truth, has that of stdio alone, and
      // so does Streamable HTTP (Sending Messages); an SDK client that gets it takes the end for no graceful one.
      'A listen stream that the gateway ends is told so by its result.',
      downstreamModern('and the gateway’s end ends each with its result'),
      modernSubscriptions('a stream is its acknowledgement, its changes and its result, and nothing else'),
      modernCancellation('an SDK client is told of the gateway’s end as a graceful one'),
    ),
    downstream(
      'modern-no-other-cancelled',
      'A client gets notifications/cancelled for nothing else, though a server may send it.',
      answers(RELATED),
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
      parkedEnds('a client that goes while its call runs cancels it, one that goes to find an answer does not'),
      modernCancellation('a call whose session is still being opened when its client goes away is never made'),
    ),
    upstream('modern-upstream-late-response', 'What a server sends after that is dropped.', downstreamModern(CLOSED)),
  ),
  ...section(
    '2026-07-28/basic/patterns/cancellation: Timing Considerations',
    downstream(
      'modern-cancel-race',
      'A client that goes as its answer comes harms nobody.',
      modernCancellation('a client that closes its connection ${name} harms nobody'),
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
      'A token is its sender’s: a call that is passed on names its client as the sender, and progress is heard of on the stream of the call alone.',
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
      answers('progress is passed under the request’s own token, and none of another'),
    ),
  ),
  ...section(
    '2026-07-28/basic/patterns/progress: Behavior Requirements',
    downstream(
      'modern-progress-active',
      'Progress of a token that the client did not give is not passed on.',
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
      answers('progress is passed under the request’s own token, and none of another'),
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
      modernSubscriptions('updates come from the servers that have the resources, to those who asked, on every path'),
      modernSubscriptions('a stream that is opened before a server was seen waits for what that has'),
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
      modernServers('a modern server’s stream that ends or breaks behind an event id is not asked for again'),
    ),
  ),
];
