import { downstream, missing, upstream, section } from './requirement.ts';
import {
  answerStream,
  connect,
  deadlines,
  downstreamLegacy,
  eras,
  questions,
  sessions,
  upstreamServer,
} from './tests.ts';

/** 2025-11-25, Lifecycle: how a session begins, what is negotiated in it, and how long one waits. */
export const legacyLifecycle = [
  ...section(
    '2025-11-25/basic/lifecycle: Initialization',
    downstream(
      'legacy-initialize-first',
      'Nothing but initialize is served without a session.',
      sessions('is required for all but initialize'),
    ),
    downstream(
      'legacy-initialize-result',
      'initialize is answered with what the gateway is and offers.',
      downstreamLegacy('initialize says who it is and what it has, and gives an id in visible ASCII'),
    ),
    downstream(
      'legacy-no-request-before-initialized',
      'No request but a ping reaches a client before it said that it is initialized.',
      missing('A server asks at once; the client that has not sent notifications/initialized is not asked yet.'),
    ),
    upstream(
      'legacy-upstream-initialize',
      'A session with a server begins with initialize: version, capabilities, client.',
      downstreamLegacy('a server is offered the version and the name that the client came with'),
      connect('a legacy server is given a session, which ends with the connection'),
    ),
    upstream(
      'legacy-upstream-initialized',
      'After its answer the server is told notifications/initialized.',
      connect('a legacy server is given a session, which ends with the connection'),
    ),
    upstream(
      'legacy-upstream-nothing-before-initialize',
      'No call goes to a server before its session is open; those that need it at once wait for one opening.',
      sessions('with a server is opened when it is first used, and once'),
    ),
  ),
  ...section(
    '2025-11-25/basic/lifecycle: Version Negotiation',
    downstream(
      'legacy-version-answer',
      'A known version is answered with itself, any other with the newest of this era.',
      downstreamLegacy('initialize answers with each version that is known, and with the newest for any other'),
    ),
    upstream(
      'legacy-upstream-version-offered',
      'A server is offered a version that the gateway speaks: the client’s own in the client’s session.',
      downstreamLegacy('a server is offered the version and the name that the client came with'),
    ),
    upstream(
      'legacy-upstream-version-unsupported',
      'A server that answers with an unknown version is left, and its session ended.',
      connect('each legacy version that the gateway speaks is taken; another is refused and its session ended'),
    ),
    upstream(
      'legacy-upstream-version-header',
      'Every request after initialize names the negotiated version in its header.',
      connect('a legacy server is given a session, which ends with the connection'),
      downstreamLegacy('a server is offered the version and the name that the client came with'),
    ),
  ),
  ...section(
    '2025-11-25/basic/lifecycle: Operation',
    downstream(
      'legacy-version-respected',
      'A client of an older version gets nothing that its version does not know: newer content comes as text.',
      missing(
        'Clients at 2024-11-05, 2025-03-26 and 2025-06-18 of a server of any era get audio, resource_link and structuredContent as their version has them.',
      ),
    ),
    downstream(
      'legacy-capabilities-true',
      'What is declared to a client is what it can use on that path, and nothing undeclared is sent.',
      missing(
        'On a server’s own path and on /mcp logging, completions, resources.subscribe and tasks are declared exactly where they work, and no notification comes of what is not declared.',
      ),
    ),
    downstream(
      'legacy-undeclared-not-asked',
      'A client is never asked for what it did not declare.',
      answerStream('what the server asks is not the client’s'),
      questions('nothing is declared to a server for a client that declares nothing'),
      missing(
        'A server asks a client that declared another feature, or the feature in another mode: it sees no request.',
      ),
    ),
    upstream(
      'legacy-upstream-capabilities-true',
      'A server is told of sampling, elicitation and roots exactly what the client of that session declared.',
      questions('nothing is declared to a server for a client that declares nothing'),
      missing(
        'initialize as it arrives: the very capabilities of a legacy client, of a modern call, and {} elsewhere.',
      ),
    ),
    upstream(
      'legacy-upstream-capabilities-used',
      'A server is asked for no list that it does not declare.',
      upstreamServer('a server without any list is asked whether it is there'),
    ),
  ),
  ...section(
    '2025-11-25/basic/lifecycle: Timeouts',
    upstream(
      'legacy-upstream-timeout',
      'Every call has a deadline, which progress does not extend; then the server is told that it is cancelled.',
      deadlines('has an answer at the deadline that the Service declares: ${tool}', 'progress_forever'),
    ),
    upstream(
      'legacy-upstream-timeout-configurable',
      'The deadline can be set for each Service, and for all.',
      deadlines('has an answer at the deadline that the Service declares: ${tool}'),
      deadlines('a Service that declares no deadline has the gateway’s'),
    ),
    downstream(
      'legacy-timeout-of-questions',
      'A question to a client has a deadline too; then the client is told that it is cancelled.',
      missing(
        'A client never answers what it was asked, in a call and outside of one: the server gets an error, the client the cancellation.',
      ),
    ),
  ),
  ...section(
    '2025-11-25/basic/lifecycle: Error Handling',
    upstream(
      'legacy-upstream-handshake-errors',
      'A version that does not match and a handshake that fails are told as such, and leave no session.',
      connect('each legacy version that the gateway speaks is taken; another is refused and its session ended'),
      connect('a handshake that fails halfway leaves no session behind'),
    ),
    downstream(
      'legacy-handshake-errors',
      'An unknown version does not fail the client: it is offered one that works.',
      downstreamLegacy('initialize answers with each version that is known, and with the newest for any other'),
      eras('sees the tools of all servers on /mcp'),
    ),
  ),
];
