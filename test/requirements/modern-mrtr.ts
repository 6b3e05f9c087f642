import { downstream, upstream, section } from './requirement.ts';
import {
  downstreamLegacy,
  mrtrBounds,
  mrtrContents,
  mrtrDeclared,
  mrtrFaults,
  mrtrPrincipals,
  mrtrRetries,
  mrtrStates,
  parkedCalls,
  parkedQuestions,
  questionsModern,
  questionsParked,
  questionsParkedEnds,
  questionsParkedRounds,
  rounds,
  sealedStates,
} from './tests.ts';

const MRTR = '2026-07-28/basic/patterns/mrtr';
const RETRY = 'a retry of a ${era} client is the call once more, with what was said and another id';
const STATE = '${name} comes back from a ${era} client as it is';
const NO_QUESTION = '${name} is no question for a ${era} client';

/** 2026-07-28, Multi Round-Trip Requests: how a server asks its client something amid a request. */
export const modernMrtr = [
  ...section(
    `${MRTR}: (top)`,
    downstream(
      'modern-mrtr-questions',
      'What a server of either era asks comes to a modern client as input_required.',
      questionsParked('a server asks on the stream of its answer, on ${where}'),
      questionsParked('a server asks on the stream of the session, on ${where}'),
      mrtrContents('${name}: as a ${serverEra} server asks, a ${era} client is asked, and answers'),
    ),
    upstream(
      'modern-upstream-mrtr-envelope',
      'A retry carries the envelope like any request.',
      mrtrRetries(RETRY),
      mrtrDeclared(
        'a modern server hears of ${name} with the call of a ${era} client, and with its retry',
        'all at once',
      ),
    ),
  ),
  ...section(
    `${MRTR}: InputRequiredResult`,
    upstream(
      'modern-upstream-state-opaque',
      'A server’s requestState is never read; it comes back byte for byte.',
      mrtrRetries(STATE, 'a state that is not ASCII'),
      mrtrRetries(STATE, 'an empty state'),
      mrtrRetries(STATE, 'a state of 100 KiB'),
      mrtrRetries(STATE, 'a state that looks like one of the gateway’s'),
      mrtrRetries(STATE, 'a state like that of a call that is made again'),
    ),
  ),
  ...section(
    `${MRTR}: Supported Requests`,
    downstream(
      'modern-mrtr-methods',
      'input_required comes for tools/call, prompts/get and resources/read only.',
      mrtrFaults('tools, prompts and resources may need input'),
      mrtrFaults('a completion may not: both eras’ clients get an error, and are asked nothing'),
      mrtrFaults('nor may a list or server/discover: the server’s status says so, and its clients are asked nothing'),
      questionsParkedRounds('prompts and resources may ask as well, nothing else'),
    ),
  ),
  ...section(
    `${MRTR}: Server Requirements (Basic Workflow)`,
    downstream(
      'modern-mrtr-keys',
      'Keys of inputRequests are unique in a round, and each asks for sampling, elicitation or roots.',
      questionsParkedRounds(
        'two questions come in one round; what is not answered is asked again, what was not asked is ignored',
      ),
      questionsParkedRounds('a call is parked again and again, under keys that it never had'),
      rounds('a key that stands twice is the server’s fault'),
      mrtrFaults(NO_QUESTION, 'a list of tools'),
    ),
    downstream(
      'modern-mrtr-state-sealed',
      'A state that was altered, is another principal’s, has expired or belongs to another request is refused with -32602.',
      sealedStates('a state is refused to ${name}'),
      mrtrPrincipals('the very retry of another principal’s call to a ${era} server is refused, and its own goes on'),
      sealedStates('a state that was changed anywhere is refused'),
      sealedStates('a state is refused when its hour is over'),
      mrtrStates('a state of a call to a ${era} server is refused if any letter of it is another'),
      questionsModern('a state is refused for another tool, server or arguments, and if it was changed or made up'),
      questionsParkedRounds('a state is good once, for the request that it was given for, as it was given'),
    ),
    downstream(
      'modern-mrtr-some',
      'Every input_required has inputRequests or requestState.',
      mrtrFaults(NO_QUESTION, 'nothing at all'),
      mrtrFaults(NO_QUESTION, 'an empty map'),
    ),
    downstream(
      'modern-mrtr-declared',
      'A client is never asked for what its request did not declare, modes and sampling.tools included.',
      mrtrDeclared('a ${era} client that declared ${name} is asked by a ${serverEra} server for that and nothing else'),
      questionsParkedRounds(
        'a client that declares less when it comes back is not asked again what it cannot answer any more',
      ),
      questionsParkedRounds('a call that fails for what was not declared says what to declare'),
    ),
    downstream(
      'modern-mrtr-abandoned',
      'A client need not come back: what waits for it is bounded in time and number.',
      questionsParkedEnds(
        'a client that does not come back in time: the server gets an error, and its call is cancelled',
      ),
      parkedCalls('there are so many places and no more, and one that is left is free'),
      mrtrBounds('what questions that nobody answers take comes back when their time is over'),
    ),
  ),
  ...section(
    `${MRTR}: Client Requirements (Basic Workflow)`,
    upstream(
      'modern-upstream-mrtr-inputs',
      'The retry has an answer for each of the inputRequests.',
      downstreamLegacy(
        'a modern server that wants something of the client is told of, since nothing was offered to it',
      ),
      mrtrRetries('a legacy client answers what it is asked in one round in whatever order it likes'),
      mrtrRetries(
        'a legacy client that refuses one of several questions gets its error, and the others are taken back',
      ),
      mrtrRetries('a legacy client is asked ten rounds and no more'),
    ),
    upstream(
      'modern-upstream-mrtr-state',
      'The retry has the very requestState, and none where there was none.',
      mrtrRetries(STATE, 'no state'),
      mrtrRetries(STATE, 'a state of one letter'),
      mrtrRetries('what a legacy client writes under the names of a retry’s params is not passed on'),
    ),
    upstream('modern-upstream-mrtr-id', 'The retry has another id.', mrtrRetries(RETRY)),
    upstream(
      'modern-upstream-mrtr-alone',
      'Answers and state go into the retry of that request and no other.',
      mrtrRetries('of many calls of ${era} clients at once, each goes on with what is its own'),
      mrtrRetries('a question comes on the stream of its own call, in whichever session'),
    ),
    upstream(
      'modern-upstream-mrtr-state-only',
      'A result with a state alone is retried, after a while and not for ever.',
      mrtrRetries('a ${era} client that is asked nothing brings the state alone, after a while'),
      mrtrRetries('a server that sends nothing but states is asked until the call’s time is over'),
      mrtrRetries('a legacy client is asked ten rounds and no more'),
    ),
  ),
  ...section(
    `${MRTR}: Error Handling`,
    downstream(
      'modern-mrtr-invalid-inputs',
      'inputResponses that cannot be read are -32602; what is not known in them is ignored; what is missing is asked for again.',
      questionsParkedRounds('an answer that is none to its question is refused, and the call waits for a better one'),
      questionsParkedRounds(
        'two questions come in one round; what is not answered is asked again, what was not asked is ignored',
      ),
      parkedQuestions('what is no result of what was asked is refused'),
      mrtrRetries('answers of a modern client to a modern server are not looked at'),
    ),
  ),
  ...section(
    `${MRTR}: Security Considerations`,
    downstream(
      'modern-mrtr-hostile-state',
      'A state is an attacker’s until it is opened: it can neither crash nor route.',
      mrtrStates('whatever else comes as a state of a call to a ${era} server is refused'),
      mrtrStates('a state of a call to a ${era} server is refused by a gateway with another key'),
      sealedStates('a state of another key, or one that was sealed as a task’s id, is refused'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Input Required Tool Results',
    upstream(
      'modern-upstream-mrtr-tool-id',
      'The retry of a tool’s call has another id than the call.',
      mrtrRetries(RETRY),
    ),
  ),
];
