import { downstream, upstream, section } from './requirement.ts';
import {
  answerStream,
  cancellations,
  deadlines,
  downstreamLegacy,
  downstreamModern,
  eras,
  legacyStreams,
  questions,
  questionsWire,
  tasksLegacy,
  tasksLegacyProgress,
  tasksRequired,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const CANCELLED = 'a cancellation reaches a ${server} server, and the request is answered';

/** 2025-11-25: cancellation, ping and progress. */
export const legacyUtilities = [
  ...section(
    '2025-11-25/basic/utilities/cancellation: Behavior Requirements',
    downstream(
      'legacy-cancel-stops',
      'A request that its client cancels is given up, here and at the server; the open POST ends with an error, since HTTP has to answer.',
      downstreamLegacy(CANCELLED),
      downstreamLegacy('one client cannot cancel another’s request'),
    ),
    downstream(
      'legacy-cancel-of-questions',
      'A relayed question is cancelled at the client when its server cancels it or its call ends.',
      questions('a call that is cancelled while the client is asked takes its question back'),
      questionsWire('a question that its server takes back is taken back at the client: ${where}', 'amid a call'),
      questionsWire('a question that its server takes back is taken back at the client: ${where}', 'outside of one'),
    ),
    upstream(
      'legacy-upstream-cancel-own',
      'A cancellation names the request as it was sent to that server, and only while it runs.',
      downstreamLegacy(CANCELLED),
      downstreamModern('towards a legacy server by a notification too'),
      cancellations('what is cancelled behind its answer, or is another’s, is not told to the server'),
    ),
    upstream(
      'legacy-upstream-initialize-not-cancelled',
      'initialize is never cancelled.',
      cancellations('initialize is not cancelled when ${name}'),
    ),
    upstream(
      'legacy-upstream-cancel-of-tasks',
      'A task is cancelled by tasks/cancel, never by a notification.',
      tasksLegacy('tasks are listed and cancelled on ${path}'),
      tasksRequired('a client that goes away has its task cancelled, by tasks/cancel'),
    ),
    upstream(
      'legacy-upstream-late-response',
      'A response that comes after the cancellation is dropped.',
      downstreamLegacy(CANCELLED),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/cancellation: Timing Considerations',
    downstream(
      'legacy-cancel-race',
      'A cancellation that comes too late changes nothing.',
      downstreamLegacy('notifications and responses are taken with 202 and no body'),
      cancellations('cancellations around the answer: each call has one, and the next call is right'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/cancellation: Error Handling',
    downstream(
      'legacy-cancel-invalid',
      'A cancellation without an id or of an unknown request is ignored.',
      downstreamLegacy('notifications and responses are taken with 202 and no body'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/ping: Behavior Requirements',
    downstream(
      'legacy-ping',
      'ping is answered at once with an empty result.',
      downstreamLegacy('ping is answered by the gateway, with the id as it came'),
    ),
    upstream(
      'legacy-upstream-ping',
      'A server’s ping is answered by the gateway, on whichever stream it comes.',
      downstreamLegacy('a legacy server’s questions amid a call are answered by the gateway'),
      upstreamServer("a server's ping is answered, anything else it asks for refused"),
      questionsWire('a ping of a server without sessions is answered amid a call'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/ping: Implementation Considerations',
    upstream(
      'legacy-upstream-health',
      'Every server is asked in a period whether it is there, by ping where it has no list to read.',
      upstreamServer('a server is asked again in its period'),
      upstreamServer('a server without any list is asked whether it is there'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/ping: Error Handling',
    upstream(
      'legacy-upstream-health-failure',
      'A server that does not answer in time counts as unavailable, until it answers again.',
      upstreamChanges('a dead and a frozen server cost a good one nothing'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/progress: Progress Flow',
    downstream(
      'legacy-progress',
      'A client hears of progress under its own token, with the values as the server gave them.',
      eras('hears of progress on ${path}'),
      deadlines('has an answer at the deadline that the Service declares: ${tool}', 'progress_forever'),
    ),
    upstream(
      'legacy-upstream-progress-token',
      'Tokens are unique among the requests that run in one session with a server.',
      downstreamModern('clients that choose one id and one progress token do not meet at a legacy server'),
    ),
    upstream(
      'legacy-upstream-progress-of-questions',
      'Progress of a client on a server’s question reaches that server under the server’s token.',
      questionsWire('progress of a client on a question reaches the server under its own token: ${where}'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/progress: Behavior Requirements',
    downstream(
      'legacy-progress-active',
      'Progress of a token that the client did not give, or whose request is over, is not passed on.',
      legacyStreams('progress of a token that is not in use is not heard'),
    ),
    downstream(
      'legacy-progress-of-tasks',
      'The token of a request that became a task stays good until the task is over, and no longer.',
      tasksLegacy('progress goes on when the call has become a task'),
      tasksRequired('progress under the call’s token comes while the result is waited for'),
      tasksLegacyProgress('progress is heard until the task is over: ${how}'),
      tasksLegacyProgress('on the stream of its result as well, and of no other token there'),
    ),
  ),
  ...section(
    '2025-11-25/basic/utilities/progress: Implementation Notes',
    downstream(
      'legacy-progress-stops',
      'Nothing follows the answer.',
      answerStream('events pass as they came, the last is the answer'),
    ),
  ),
];
