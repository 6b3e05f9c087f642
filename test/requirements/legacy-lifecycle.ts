import { downstream, upstream, section } from './requirement.ts';
import {
  answerStream,
  askedByModern,
  askedInVain,
  askedLegacy,
  capabilities,
  connect,
  deadlines,
  declaredToClients,
  declaredToServers,
  downstreamLegacy,
  eras,
  olderClients,
  olderContent,
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
      askedInVain('before it says that it is initialized, a client is asked nothing'),
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
      olderClients('a client of ${version} gets content that its version has, of a server of any era'),
      olderClients('a legacy server is offered ${version}, and called in it'),
      olderContent('content that a client’s version does not have becomes text'),
    ),
    downstream(
      'legacy-capabilities-true',
      'What is declared to a client is what it can use on that path; of its own the gateway tells of nothing else.',
      declaredToClients('what is declared on /mcp${path} can be used there'),
      declaredToClients(
        'on a server’s own path nothing but logging is declared that it does not do, and the gateway tells of nothing else',
      ),
      capabilities('one server’s path declares what the server does, changes of its lists in any case'),
      capabilities('tasks are declared to clients of the era whose tasks a server has'),
    ),
    downstream(
      'legacy-undeclared-not-asked',
      'A client is never asked for what it did not declare.',
      answerStream('what the server asks is not the client’s'),
      questions('nothing is declared to a server for a client that declares nothing'),
      askedLegacy('what a client did not declare is refused to the server on ${place}, and not asked'),
      askedByModern('what a client did not declare it is not asked, and the call ends with an error'),
    ),
    upstream(
      'legacy-upstream-capabilities-true',
      'A server is told of sampling, elicitation and roots exactly what the client of that session or call declared.',
      questions('nothing is declared to a server for a client that declares nothing'),
      declaredToServers('a legacy client’s capabilities are declared to a server in its session as they are'),
      declaredToServers(
        'of a modern client’s capabilities is declared what its call can be asked, roots without their changes',
      ),
      declaredToServers('what the gateway itself asks a server, it asks in sessions that declare nothing'),
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
      askedInVain('asked amid a call, it is told that its time is over, and the server that there is no answer'),
      askedInVain('asked outside of a call, it is told that its time is over, and the server that there is no answer'),
      askedInVain('asked for a modern server, it is told that its time is over'),
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
