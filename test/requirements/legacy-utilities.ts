import { downstream, missing, upstream, section } from './requirement.ts';
import {
  answerStream,
  deadlines,
  downstreamLegacy,
  downstreamModern,
  eras,
  legacyStreams,
  questions,
  tasksLegacy,
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
      missing('A server cancels what it asked, in a call and outside of one; an unknown id is let go.'),
    ),
    upstream(
      'legacy-upstream-cancel-own',
      'A cancellation names the request as it was sent to that server, and only while it runs.',
      downstreamLegacy(CANCELLED),
      downstreamModern('towards a legacy server by a notification too'),
      missing('A cancellation that comes after the answer, or for another client’s request, reaches no server.'),
    ),
    upstream(
      'legacy-upstream-initialize-not-cancelled',
      'initialize is never cancelled.',
      missing(
        'A client that cancels, leaves or times out while its session with a server opens: no cancellation of initialize arrives.',
      ),
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
      missing('Cancellations at random times around the answer: each call has one answer, the next is right.'),
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
      missing('The same of a server that keeps no sessions, amid a call.'),
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
      missing('A server asks for sampling with a token, the client reports progress.'),
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
      missing('None after the terminal status: what a server sends then still passes.'),
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
