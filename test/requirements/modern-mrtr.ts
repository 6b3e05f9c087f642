import { downstream, missing, upstream, section } from './requirement.ts';
import { downstreamLegacy } from './tests.ts';

const MRTR = '2026-07-28/basic/patterns/mrtr';

/** 2026-07-28, Multi Round-Trip Requests: how a server asks its client something amid a request. */
export const modernMrtr = [
  ...section(
    `${MRTR}: (top)`,
    downstream(
      'modern-mrtr-questions',
      'What a server of either era asks comes to a modern client as input_required.',
      missing('Sampling, elicitation in both modes and roots of a legacy server amid a call.'),
    ),
    upstream(
      'modern-upstream-mrtr-envelope',
      'A retry carries the envelope like any request.',
      missing('Retries as they arrive, of modern and of legacy clients.'),
    ),
  ),
  ...section(
    `${MRTR}: InputRequiredResult`,
    upstream(
      'modern-upstream-state-opaque',
      'A server’s requestState is never read; it comes back byte for byte.',
      missing('Odd states (empty, not ASCII, 100 KiB, looking like the gateway’s own) over both legs.'),
    ),
  ),
  ...section(
    `${MRTR}: Supported Requests`,
    downstream(
      'modern-mrtr-methods',
      'input_required comes for tools/call, prompts/get and resources/read only.',
      missing('A server that answers completion/complete and the lists with it: an error that names it.'),
    ),
  ),
  ...section(
    `${MRTR}: Server Requirements (Basic Workflow)`,
    downstream(
      'modern-mrtr-keys',
      'Keys of inputRequests are unique in a round, and each asks for sampling, elicitation or roots.',
      missing('Two questions of a legacy server at once; a modern server that asks something else.'),
    ),
    downstream(
      'modern-mrtr-state-sealed',
      'A state that was altered, is another principal’s, has expired or belongs to another request is refused with -32602.',
      missing('Each of them, on each byte of the state; of another server, method, name and arguments.'),
    ),
    downstream(
      'modern-mrtr-some',
      'Every input_required has inputRequests or requestState.',
      missing('A modern server that sends neither: an error that names it.'),
    ),
    downstream(
      'modern-mrtr-declared',
      'A client is never asked for what its request did not declare, modes and sampling.tools included.',
      missing('Servers of both eras ask all the same.'),
    ),
    downstream(
      'modern-mrtr-abandoned',
      'A client need not come back: what waits for it is bounded in time and number.',
      missing('Parked calls that nobody takes up: the server gets its error, the session is free, memory returns.'),
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
      missing(
        'A legacy client answers several questions of one round, in any order; refuses one; is asked ten rounds and no more.',
      ),
    ),
    upstream(
      'modern-upstream-mrtr-state',
      'The retry has the very requestState, and none where there was none.',
      missing('Both, of modern and of legacy clients.'),
    ),
    upstream(
      'modern-upstream-mrtr-id',
      'The retry has another id.',
      missing('A legacy client’s call with a round: two ids at the server, one at the client.'),
    ),
    upstream(
      'modern-upstream-mrtr-alone',
      'Answers and state go into the retry of that request and no other.',
      missing('Parallel calls of one client and of many, each asked.'),
    ),
    upstream(
      'modern-upstream-mrtr-state-only',
      'A result with a state alone is retried, after a while and not for ever.',
      missing('A server that sends states only, some times and without end, for a legacy client.'),
    ),
  ),
  ...section(
    `${MRTR}: Error Handling`,
    downstream(
      'modern-mrtr-invalid-inputs',
      'inputResponses that cannot be read are -32602; what is not known in them is ignored; what is missing is asked for again.',
      missing('Each towards a parked call of a legacy server; towards a modern server they pass as they are.'),
    ),
  ),
  ...section(
    `${MRTR}: Security Considerations`,
    downstream(
      'modern-mrtr-hostile-state',
      'A state is an attacker’s until it is opened: it can neither crash nor route.',
      missing('Fuzzed states; a state of another gateway’s key.'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Input Required Tool Results',
    upstream(
      'modern-upstream-mrtr-tool-id',
      'The retry of a tool’s call has another id than the call.',
      missing('As modern-upstream-mrtr-id.'),
    ),
  ),
];
