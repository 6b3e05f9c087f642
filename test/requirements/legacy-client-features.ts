import { downstream, upstream, section } from './requirement.ts';
import {
  answerStream,
  askedByModern,
  askedLegacy,
  declaredToServers,
  downstreamLegacy,
  parkedRounds,
  questions,
  rootsChanged,
} from './tests.ts';

/** 2025-11-25, Client Features: roots and sampling, which the gateway relays between server and client. */
export const legacyClientFeatures = [
  ...section(
    '2025-11-25/client/roots: Capabilities',
    upstream(
      'legacy-upstream-roots-declared',
      'roots is declared to a server where the client declared it, with its listChanged.',
      questions('a server asks on the stream of the session'),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'roots, with their changes',
      ),
      declaredToServers(
        'of a modern client’s capabilities is declared what its call can be asked, roots without their changes',
        'roots, with their changes',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Root List Changes',
    upstream(
      'legacy-upstream-roots-changed',
      'A client’s notifications/roots/list_changed reaches every server of its session that was told of it.',
      rootsChanged('a change of roots reaches each legacy server of the session, and no other'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Root',
    upstream(
      'legacy-upstream-roots-unchanged',
      'A client’s roots reach the server as they are.',
      questions('a server asks on the stream of the session'),
      askedLegacy('a request of a server on ${place} and the client’s result pass as they are', 'the roots'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Error Handling',
    upstream(
      'legacy-upstream-roots-undeclared',
      'A server that asks for roots that were not declared gets -32601.',
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'roots, of a client with sampling',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'roots, of a client with nothing',
      ),
      parkedRounds('what was not declared is refused, and the call goes on'),
    ),
  ),
  ...section(
    '2025-11-25/client/roots: Implementation Guidelines',
    downstream(
      'legacy-roots-checked',
      'A client is asked for its roots only if it declared them.',
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'roots, of a client with nothing',
      ),
      askedByModern(
        'what a client did not declare it is not asked, and the call ends with an error',
        'roots, of a client with sampling',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tools in Sampling',
    downstream(
      'legacy-sampling-tools',
      'Sampling with tools reaches only a client that declared sampling.tools.',
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'sampling with tools, of a client without those',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'sampling with a choice of tools, of a client without those',
      ),
      parkedRounds('what was not declared is refused, and the call goes on'),
      askedByModern(
        'what a client did not declare it is not asked, and the call ends with an error',
        'sampling with tools, of a client without those',
      ),
    ),
    upstream(
      'legacy-upstream-sampling-tools-declared',
      'sampling.tools and sampling.context are declared to a server where the client declared them.',
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'sampling with tools and context',
      ),
      declaredToServers(
        'of a modern client’s capabilities is declared what its call can be asked, roots without their changes',
        'sampling with tools and context',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Capabilities',
    upstream(
      'legacy-upstream-sampling-declared',
      'sampling is declared to a server where the client declared it; asked all the same it is -32601.',
      answerStream('what the server asks is not the client’s'),
      downstreamLegacy('a legacy server’s questions amid a call are answered by the gateway'),
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      questions('nothing is declared to a server for a client that declares nothing'),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'sampling alone',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'sampling, of a client with roots',
      ),
    ),
    downstream(
      'legacy-sampling-context',
      'includeContext passes as the server sends it.',
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a model, with the context of all servers',
      ),
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a model, with a value of includeContext that nobody knows',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tool Result Messages',
    downstream(
      'legacy-sampling-messages',
      'Messages with tool uses and results pass unchanged, whatever stands in them.',
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a model, with uses of tools and their results',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Tool Use and Result Balance',
    downstream(
      'legacy-sampling-balance',
      'The order of messages in a sampling request is the server’s.',
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a model, with uses of tools and their results',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/sampling: Error Handling',
    upstream(
      'legacy-upstream-sampling-errors',
      'A client’s refusal reaches the server with its code.',
      questions('a client that refuses is heard by the server'),
      askedLegacy('a client’s error reaches the server with its code and all else'),
    ),
  ),
  ...section(
    '2025-11-25/schema: CreateMessageRequestParams',
    upstream(
      'legacy-upstream-sampling-tools-refused',
      'A server that sends tools or toolChoice, though sampling.tools was not declared, gets an error.',
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'sampling with tools, of a client without those',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'sampling with a choice of tools, of a client without those',
      ),
      parkedRounds('what was not declared is refused, and the call goes on'),
    ),
  ),
];
