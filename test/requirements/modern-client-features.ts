import { downstream, upstream, section } from './requirement.ts';
import {
  askable,
  mrtrBounds,
  mrtrContents,
  mrtrDeclared,
  mrtrPrincipals,
  mrtrRetries,
  mrtrStates,
  parkedCalls,
  questionsParkedEnds,
  questionsParkedRounds,
  questionsParkedUrls,
  rounds,
  sealedStates,
} from './tests.ts';

const PASSES = '${name}: as a ${serverEra} server asks, a ${era} client is asked, and answers';
const HEARS = 'a modern server hears of ${name} with the call of a ${era} client, and with its retry';
const IN_SESSION = 'a legacy server hears of ${name} in the session of a modern client’s call';
const ASKED = 'a ${era} client that declared ${name} is asked by a ${serverEra} server for that and nothing else';
const NO_OTHER = 'what one client declares is said with no request of another, nor with the gateway’s own';

/** 2026-07-28, Client Features: roots, sampling and elicitation, which the gateway relays between server and client. */
export const modernClientFeatures = [
  ...section(
    '2026-07-28/client/roots: Capabilities',
    upstream(
      'modern-upstream-roots-declared',
      'roots is declared on each request of a client that declared it, and on no other.',
      mrtrDeclared(HEARS, 'roots'),
      mrtrDeclared(IN_SESSION, 'roots'),
      mrtrDeclared(NO_OTHER),
      mrtrDeclared('of what a legacy client declares, a modern server hears what it can be asked for'),
    ),
  ),
  ...section(
    '2026-07-28/client/roots: Root',
    upstream(
      'modern-upstream-roots-unchanged',
      'A client’s roots reach the server as they are.',
      mrtrContents(PASSES, 'roots, all that there is of them'),
      mrtrContents(PASSES, 'no roots'),
    ),
  ),
  ...section(
    '2026-07-28/client/roots: Implementation Guidelines',
    downstream(
      'modern-roots-checked',
      'A client is asked for its roots only if that request declared them.',
      mrtrDeclared(ASKED, 'sampling'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tools in Sampling',
    downstream(
      'modern-sampling-tools',
      'Sampling with tools reaches only a client that declared sampling.tools.',
      mrtrDeclared(ASKED, 'sampling'),
      mrtrDeclared(ASKED, 'sampling with tools'),
      askable('a client is asked what it declared, in the modes that it declared'),
      rounds('what was not declared is the server’s fault, be it a feature or a mode of one'),
    ),
    upstream(
      'modern-upstream-sampling-tools-declared',
      'sampling.tools and sampling.context are declared where the client declared them.',
      mrtrDeclared(HEARS, 'sampling with tools'),
      mrtrDeclared(HEARS, 'sampling with context'),
      mrtrDeclared(IN_SESSION, 'sampling with tools'),
      mrtrDeclared(IN_SESSION, 'sampling with context'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Capabilities',
    upstream(
      'modern-upstream-sampling-declared',
      'sampling is declared on each request of a client that declared it, and on no other.',
      mrtrDeclared(HEARS, 'sampling'),
      mrtrDeclared(IN_SESSION, 'sampling'),
      mrtrDeclared(NO_OTHER),
    ),
    downstream(
      'modern-sampling-context',
      'includeContext passes as the server sends it.',
      mrtrContents(PASSES, 'a sampling with the context of its server'),
      mrtrContents(PASSES, 'a sampling with all its parameters'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tool Result Messages',
    downstream(
      'modern-sampling-messages',
      'Messages with tool uses and results pass unchanged, whatever stands in them.',
      mrtrContents(PASSES, 'tool uses and their results'),
      mrtrContents(PASSES, 'a sampling with tools'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Tool Use and Result Balance',
    downstream(
      'modern-sampling-balance',
      'The order of messages in a sampling request is the server’s.',
      mrtrContents(PASSES, 'tool uses and their results'),
      mrtrContents(PASSES, 'tool uses without their results, and results among other things'),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Messages',
    downstream(
      'modern-sampling-not-kept',
      'Nothing of a sampling request is kept for another.',
      mrtrContents(
        'in a second round of a ${serverEra} server, a ${era} client is asked what is in it and nothing else',
      ),
    ),
  ),
  ...section(
    '2026-07-28/client/sampling: Sampling Parameters',
    downstream(
      'modern-sampling-parameters',
      'maxTokens and all other parameters reach the client as they are.',
      mrtrContents(PASSES, 'a sampling with all its parameters'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Capabilities',
    upstream(
      'modern-upstream-elicitation-declared',
      'elicitation is declared with the client’s modes, {} being form.',
      mrtrDeclared(HEARS, 'elicitation without a mode'),
      mrtrDeclared(HEARS, 'elicitation by forms'),
      mrtrDeclared(HEARS, 'elicitation by URLs'),
      mrtrDeclared(HEARS, 'elicitation by both'),
      mrtrDeclared(HEARS, 'nothing at all'),
      mrtrDeclared(IN_SESSION, 'elicitation without a mode'),
      mrtrDeclared(NO_OTHER),
    ),
    downstream(
      'modern-elicitation-modes',
      'A client is asked only in a mode that it declared.',
      mrtrDeclared(ASKED, 'elicitation without a mode'),
      mrtrDeclared(ASKED, 'elicitation by forms'),
      mrtrDeclared(ASKED, 'elicitation by URLs'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Elicitation Requests',
    downstream(
      'modern-elicitation-unchanged',
      'A server’s elicitation reaches a client as it is; without a mode it is form mode.',
      mrtrContents(PASSES, 'a form of every kind, without a mode'),
      mrtrContents(PASSES, 'a form that says its mode'),
      mrtrContents(PASSES, 'a URL with everything in it'),
      mrtrDeclared(ASKED, 'elicitation without a mode'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Form Mode Elicitation Requests',
    downstream(
      'modern-elicitation-form',
      'A form of a legacy server comes in inputRequests with its requestedSchema.',
      mrtrContents(PASSES, 'a form of every kind, without a mode'),
      questionsParkedRounds('what the client says comes to the server byte for byte'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: URL Mode Elicitation Requests',
    downstream(
      'modern-elicitation-url',
      'A URL of a legacy server comes with url and message, without its elicitationId.',
      questionsParkedRounds(
        'a question is asked without what concerns the server’s own hop, and answered under the server’s id',
      ),
      questionsParkedUrls('the client is asked to go there, and the retry calls the server again'),
      mrtrBounds('that a URL was visited is not told to modern clients, which know no id of it'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Statefulness',
    downstream(
      'modern-elicitation-state',
      'A parked question is taken up by the principal whose call it belongs to, and by no other.',
      sealedStates('a state is refused to ${name}', 'another principal'),
      mrtrPrincipals('the very retry of another principal’s call to a ${era} server is refused, and its own goes on'),
      mrtrPrincipals('no principal’s call comes into a session that another’s came into'),
      parkedCalls('handles cannot be guessed'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Error Handling',
    downstream(
      'modern-elicitation-refused',
      'A client that declines, cancels or never answers leaves the server with an answer.',
      mrtrContents(PASSES, 'a form that is declined'),
      mrtrContents(PASSES, 'a form that is cancelled'),
      questionsParkedEnds(
        'a client that does not come back in time: the server gets an error, and its call is cancelled',
      ),
      mrtrRetries('a legacy client that never answers has an error when its time is over'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Security Considerations',
    downstream(
      'modern-elicitation-bound',
      'A question comes as the answer to the call that it belongs to, and only its retry answers it.',
      mrtrBounds('200 modern clients are asked at once by one ${era} server, and each answers its own'),
      mrtrStates('a state is good for no other server, be its tool of the same name and its arguments the same'),
    ),
    upstream(
      'modern-upstream-elicitation-source',
      'A client can tell which server asks: a question comes with its call, whose name on /mcp has the server’s prefix.',
      mrtrBounds(
        'one client that is asked by two servers at once can tell which, by the call that each question is for',
      ),
      mrtrRetries('a question comes on the stream of its own call, in whichever session'),
    ),
  ),
  ...section(
    '2026-07-28/client/elicitation: Safe URL Handling',
    upstream(
      'modern-upstream-elicitation-url-untouched',
      'The gateway never fetches the URL of an elicitation, and passes it unchanged.',
      mrtrBounds('a URL comes to the client as the server wrote it, and the gateway does not go there'),
    ),
  ),
  ...section(
    '2026-07-28/schema: CreateMessageRequestParams',
    upstream(
      'modern-upstream-sampling-tools-refused',
      'A server that asks with tools, though sampling.tools was not declared, is not answered with a sample.',
      mrtrDeclared(ASKED, 'sampling'),
      questionsParkedRounds('what was not declared is refused, and the call goes on'),
    ),
  ),
];
