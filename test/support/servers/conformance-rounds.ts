import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequests,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';

/**
 * The tools of the conformance suite that need more from the client before they answer (2026-07-28, basic/patterns/mrtr):
 * each answers `input_required` until a retry brings what it asked for.
 */

/** Seals what a tool has to remember until the retry; the server refuses what it did not seal. */
export const requestState = createRequestStateCodec<{ readonly tool: string; readonly round?: number }>({
  key: crypto.getRandomValues(new Uint8Array(32)),
});

export interface RoundTool {
  readonly name: string;
  readonly description: string;
  readonly run: (
    context: ServerContext,
  ) => Promise<CallToolResult | InputRequiredResult> | CallToolResult | InputRequiredResult;
}

type Responses = ServerContext['mcpReq']['inputResponses'];

const done = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

/** A question for one field. */
export function ask(message: string, field: string, type: 'string' | 'boolean' = 'string'): InputRequests[string] {
  const property = type === 'string' ? { type } : { type };
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: property }, required: [field] },
  });
}

function sample(prompt: string, maxTokens: number): InputRequests[string] {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
    maxTokens,
  });
}

/** What a client's answer holds under a key; undefined if there is none, or none of that shape. */
function answered(responses: Responses, key: string, member: string): unknown {
  const response = responses?.[key];
  if (typeof response !== 'object' || response === null) return undefined;
  return (response as Record<string, unknown>)[member];
}

export const roundTools: readonly RoundTool[] = [
  {
    name: 'test_input_required_result_elicitation',
    description: "Asks for the user's name",
    run: ({ mcpReq }) => {
      const name = acceptedContent(mcpReq.inputResponses, 'user_name')?.['name'];
      if (typeof name === 'string') return done(`Hello, ${name}!`);
      return inputRequired({ inputRequests: { user_name: ask('What is your name?', 'name') } });
    },
  },
  {
    name: 'test_input_required_result_sampling',
    description: "Asks the client's model",
    run: ({ mcpReq }) => {
      const content = answered(mcpReq.inputResponses, 'capital_question', 'content');
      if (content !== undefined) return done(`The model says ${JSON.stringify(content)}`);
      return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
    },
  },
  {
    name: 'test_input_required_result_list_roots',
    description: "Asks for the client's roots",
    run: ({ mcpReq }) => {
      const roots = answered(mcpReq.inputResponses, 'client_roots', 'roots');
      if (Array.isArray(roots)) return done(`The client has ${roots.length} roots: ${JSON.stringify(roots)}`);
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  },
  confirmed('test_input_required_result_request_state', 'state-ok'),
  confirmed('test_input_required_result_tampered_state', 'integrity-ok'),
  {
    name: 'test_input_required_result_multiple_inputs',
    description: 'Asks the user, the model and for roots at once',
    run: async ({ mcpReq: { inputResponses, requestState: stateOf } }) => {
      const name = acceptedContent(inputResponses, 'user_name')?.['name'];
      const greeting = answered(inputResponses, 'greeting', 'content');
      const roots = answered(inputResponses, 'client_roots', 'roots');
      if (stateOf() !== undefined && name !== undefined && greeting !== undefined && roots !== undefined) {
        return done(JSON.stringify({ name, greeting, roots }));
      }
      return inputRequired({
        inputRequests: {
          user_name: ask('What is your name?', 'name'),
          greeting: sample('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await requestState.mint({ tool: 'multiple_inputs' }),
      });
    },
  },
  {
    name: 'test_input_required_result_multi_round',
    description: 'Asks twice, one question after the other',
    run: async ({ mcpReq: { inputResponses, requestState: stateOf } }) => {
      const round = stateOf<{ round?: number }>()?.round;
      if (round === 2 && acceptedContent(inputResponses, 'step2') !== undefined) return done('Both steps are answered');
      const isSecond = round === 1 && acceptedContent(inputResponses, 'step1') !== undefined;
      return inputRequired({
        inputRequests: isSecond
          ? { step2: ask('Step 2: What is your favorite color?', 'color') }
          : { step1: ask('Step 1: What is your name?', 'name') },
        requestState: await requestState.mint({ tool: 'multi_round', round: isSecond ? 2 : 1 }),
      });
    },
  },
  {
    name: 'test_input_required_result_capabilities',
    description: 'Asks only for what the client declared',
    run: ({ mcpReq: { envelope, inputResponses } }) => {
      if (inputResponses !== undefined) return done('Answered');
      // The SDK's own type of the envelope has lost its keys.
      const reserved: { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } = envelope ?? {};
      const declared = reserved[CLIENT_CAPABILITIES_META_KEY];
      const inputRequests: InputRequests = {
        ...(declared?.elicitation && { user_name: ask('What is your name?', 'name') }),
        ...(declared?.sampling && { greeting: sample('Generate a greeting', 50) }),
        ...(declared?.roots && { client_roots: inputRequired.listRoots() }),
      };
      if (Object.keys(inputRequests).length === 0) return done('The client declared nothing that could be asked for');
      return inputRequired({ inputRequests });
    },
  },
  {
    name: 'test_missing_capability',
    description: 'Cannot answer a client without sampling',
    run: ({ mcpReq }) => {
      if (answered(mcpReq.inputResponses, 'answer', 'content') !== undefined) return done('The model answered');
      return inputRequired({ inputRequests: { answer: sample('Say pong', 16) } });
    },
  },
  {
    name: 'test_streaming_elicitation',
    description: 'Asks for a confirmation',
    run: ({ mcpReq }) => {
      if (acceptedContent(mcpReq.inputResponses, 'confirm') !== undefined) return done('Confirmed');
      return inputRequired({ inputRequests: { confirm: ask('Go on?', 'ok', 'boolean') } });
    },
  },
];

/** A tool that wants a confirmation, and its own sealed state back with it. */
function confirmed(name: string, answer: string): RoundTool {
  return {
    name,
    description: 'Asks for a confirmation, and for its sealed state back',
    run: async ({ mcpReq: { inputResponses, requestState: stateOf } }) => {
      if (stateOf<{ tool?: string }>()?.tool === name && acceptedContent(inputResponses, 'confirm') !== undefined) {
        return done(answer);
      }
      return inputRequired({
        inputRequests: { confirm: ask('Please confirm', 'ok', 'boolean') },
        requestState: await requestState.mint({ tool: name }),
      });
    },
  };
}
