import { answerOf, messagesOf, modern, type HttpAnswer, type RpcAnswer } from './mcp-http.ts';
import { event, type Arrival, type ScriptedUpstream, type UpstreamMessage } from './scripted-upstream.ts';
import { until } from './until.ts';

/** Modern clients by hand, of scripted legacy servers that ask in the midst of a call. */

/** What can be asked, as a server writes it. */
export const questions = {
  sampling: {
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text: 'how much?' } }], maxTokens: 9 },
  },
  form: {
    method: 'elicitation/create',
    params: { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } },
  },
  url: {
    method: 'elicitation/create',
    params: { mode: 'url', message: 'pay', url: 'https://example.com/pay', elicitationId: 'e-1' },
  },
  roots: { method: 'roots/list' },
} as const;

/** What a client may say to them. */
export const replies = {
  sampling: { model: 'test', role: 'assistant', content: { type: 'text', text: 'seven' } },
  form: { action: 'accept', content: { name: 'Ada' } },
  url: { action: 'accept' },
  roots: { roots: [{ uri: 'file:///home/ada' }] },
} as const;

/** Sends a question on the stream of a call's answer, which must have begun. */
export function put({ response }: Pick<Arrival, 'response'>, id: string | number, question: object): void {
  response.write(event({ jsonrpc: '2.0', id, ...question }));
}

/** Waits for the response to a question. */
export function replyOf(upstream: ScriptedUpstream, id: string | number, count = 1): Promise<UpstreamMessage> {
  const found = (): UpstreamMessage[] =>
    upstream.arrivals.map(({ message }) => message).filter((one) => one.method === undefined && one.id === id);
  return until(`response ${count} to the question ${id}`, () => found()[count - 1], {
    state: () => upstream.arrivals.map(({ message }) => message),
  });
}

/** A call of a modern client, and its retries. */
export interface ModernCall {
  readonly url: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** More of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

let lastId = 100;

/** Sends the request, or a retry of it. */
export function sendCall(call: ModernCall, more: Readonly<Record<string, unknown>> = {}): Promise<HttpAnswer> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': call.capabilities, ...call.meta };
  return modern(
    call.url,
    'tools/call',
    { ...call.params, ...more },
    { id: ++lastId, meta, headers: call.headers ?? {} },
  );
}

/** As above, and gives the one JSON-RPC answer. */
export async function answerTo(call: ModernCall, more: Readonly<Record<string, unknown>> = {}): Promise<RpcAnswer> {
  return answerOf(await sendCall(call, more));
}

/** What an answer asks for. @throws if it is not input_required */
export function askedIn(answer: HttpAnswer | RpcAnswer): {
  readonly requestState: string;
  readonly inputRequests: Readonly<Record<string, { readonly method: string; readonly params?: unknown }>>;
} {
  const { result } = 'status' in answer ? answerOf(answer) : answer;
  if (result?.['resultType'] !== 'input_required') throw new Error(`Nothing was asked: ${JSON.stringify(answer)}`);
  return result as unknown as ReturnType<typeof askedIn>;
}

/** Methods of the notifications in an answer. */
export function notified(answer: HttpAnswer): { readonly method: string; readonly params: Record<string, unknown> }[] {
  return messagesOf(answer).filter((message) => 'method' in message) as never[];
}
