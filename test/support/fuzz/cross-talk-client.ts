import { LegacySession, modernRequest } from '../mcp-http.ts';
import type { MessageStream } from '../message-stream.ts';
import { ask, type RawRequest, type WireMessage } from './ask.ts';
import { checkShape } from './owed.ts';

/** What a client of many is to do in one call. */
export interface PlannedCall {
  /** As the gateway lists it. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Default `answered`; `cancelled` when its first progress has come, `left` when anything has. */
  readonly ends?: 'answered' | 'cancelled' | 'left';
  /** How many progress notifications there are to be. */
  readonly progress?: number;
  /** How many log messages there are to be: none if the client does not ask for them. */
  readonly logs?: number;
  /** Whether the client is asked something, which tells its secret if `question` does. */
  readonly asked?: 'with its secret' | 'without';
}

export interface CrossTalkClient {
  readonly index: number;
  /** What it heard outside of its calls. */
  readonly asides: readonly Record<string, unknown>[];
  /** Makes one call. Ids and progress tokens are those of all other clients' calls of the number. @throws what is wrong */
  call(number: number, planned: PlannedCall): Promise<void>;
  close(): Promise<void>;
}

const META = 'io.modelcontextprotocol/';
/** On a machine that is busy, with 200 clients on it, in milliseconds. */
const DEADLINE_MS = 25_000;

/** What only this client knows, in this call. */
export function secretOf(client: number, call: number): string {
  return `secret-${client}-${call}-`;
}

/** The secrets in anything that was heard. */
export function secretsIn(heard: unknown): string[] {
  return JSON.stringify(heard).match(/secret-\d+-\d+-/g) ?? [];
}

/** How the two eras differ for a client. */
interface Era {
  request(id: number, params: Record<string, unknown>, token: number, isLogging: boolean): RawRequest;
  /** Answers a question that came on the call's stream. */
  reply?(question: WireMessage, text: string): Promise<unknown>;
  cancel?(id: number): Promise<unknown>;
}

const sampled = (text: string) => ({ model: 'm', role: 'assistant', content: { type: 'text', text } });

/** A client of the legacy era in a session of its own, which listens to its stream. @param isLogging wants all logs */
export async function legacyTalker(url: string, index: number, capabilities: object): Promise<CrossTalkClient> {
  const session = await LegacySession.begin(url, '2025-11-25', { capabilities: { ...capabilities } });
  const stream: MessageStream = await session.listen();
  await session.rpc('logging/setLevel', { level: 'debug' }, { id: 1_000_000 });
  const era: Era = {
    request: (id, params, progressToken) => {
      const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { ...params, _meta: { progressToken } } };
      return { method: 'POST', headers: session.headers, body: [Buffer.from(JSON.stringify(message))] };
    },
    reply: ({ id }, text) => session.post({ jsonrpc: '2.0', id, result: sampled(text) }),
    cancel: (requestId) => session.notify('notifications/cancelled', { requestId }),
  };
  return {
    index,
    asides: stream.messages,
    call: (number, planned) => talk(url, index, era, number, planned),
    async close() {
      stream.close();
      await session.end();
    },
  };
}

/** A client of the modern era. */
export function modernTalker(url: string, index: number, capabilities: object): Promise<CrossTalkClient> {
  const era: Era = {
    request: (id, params, progressToken, isLogging) => {
      const level = isLogging ? { [`${META}logLevel`]: 'debug' } : {};
      const meta = { progressToken, [`${META}clientCapabilities`]: capabilities, ...level };
      const { headers = {}, body = '' } = modernRequest('tools/call', params, { id, meta });
      return { method: 'POST', headers: { ...headers }, body: [Buffer.from(body)] };
    },
  };
  const call: CrossTalkClient['call'] = (number, planned) => talk(url, index, era, number, planned);
  return Promise.resolve({ index, asides: [], call, close: () => Promise.resolve() });
}

async function talk(url: string, index: number, era: Era, number: number, planned: PlannedCall): Promise<void> {
  const { tool, args, ends = 'answered', progress = 0, logs = 0, asked } = planned;
  const secret = secretOf(index, number);
  const params = { name: tool, arguments: args };
  const heard: WireMessage[] = [];
  let questions = 0;
  const wrong = (what: string): Error =>
    new Error(
      `Client ${index}, call ${number} of ${tool}: ${what}\n  its secret is ${secret}; it heard ${JSON.stringify(heard)}`,
    );
  const closing = new AbortController();
  const aside: Promise<unknown>[] = [];
  const onMessage = (message: WireMessage): void => {
    heard.push(message);
    if (message.method === 'sampling/createMessage' && era.reply !== undefined) {
      questions++;
      aside.push(era.reply(message, secret));
    }
    if (ends === 'left') closing.abort();
    if (ends !== 'cancelled' || message.method !== 'notifications/progress') return;
    if (era.cancel === undefined) closing.abort();
    else aside.push(era.cancel(number));
  };
  const send = (more: object, id = number): Promise<unknown> => {
    const request = era.request(id, { ...params, ...more }, number, logs > 0);
    return ask(url, request, { onMessage, signal: closing.signal, deadlineMs: DEADLINE_MS });
  };
  try {
    await send({});
    const needed = heard.at(-1)?.result;
    if (needed?.['resultType'] === 'input_required') {
      questions++;
      const { inputRequests, requestState } = needed as { inputRequests: object; requestState?: string };
      const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, sampled(secret)]));
      await send({ inputResponses, requestState });
    }
    await Promise.all(aside);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  check();

  function check(): void {
    const foreign = heard.flatMap(secretsIn).filter((one) => one !== secret);
    if (foreign.length > 0) throw wrong(`it heard of ${foreign.join(', ')}`);
    const steps = heard.filter(({ method }) => method === 'notifications/progress');
    if (steps.some(({ params: told }) => told?.['progressToken'] !== number))
      throw wrong('it heard another’s progress');
    const isClosed = closing.signal.aborted;
    if (isClosed) return;
    const responses = heard.filter(({ method }) => method === undefined);
    responses.forEach(checkShape);
    const strange = responses.filter(({ id }) => id !== number);
    if (strange.length > 0) throw wrong(`it got an answer with the id ${JSON.stringify(strange[0]?.id)}`);
    const answer = responses.at(-1);
    if (ends === 'cancelled') {
      if (answer?.error === undefined) throw wrong('it was cancelled and has no error');
      return;
    }
    if (answer?.result === undefined) throw wrong('it has no result');
    const isRetried = responses.length === 2 && responses[0]?.result?.['resultType'] === 'input_required';
    if (responses.length !== 1 && !isRetried) throw wrong(`it has ${responses.length} answers`);
    if ('secret' in args || 'text' in args || asked !== undefined) {
      if (secretsIn(answer).length === 0) throw wrong('its answer is not its own');
    }
    if (questions !== (asked === undefined ? 0 : 1)) throw wrong(`it was asked ${questions} times`);
    if (asked === 'with its secret' && heard.filter((one) => secretsIn(one).length > 0).length < 2) {
      throw wrong('what it was asked is not its own');
    }
    if (steps.length !== progress) throw wrong(`it heard ${steps.length} steps of progress; expected ${progress}`);
    // What a server says aside, in a session that the call has to itself, comes on the call's stream, too.
    const logged = heard.filter(({ method, params: told }) => method !== undefined && told?.['data'] === secret).length;
    if (logged !== logs) throw wrong(`it heard ${logged} log messages; expected ${logs}`);
  }
}
