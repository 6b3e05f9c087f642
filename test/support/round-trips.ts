import { answerTo, put, type ModernCall } from './asking.ts';
import { answerOf, LegacySession, type HttpAnswer, type RpcAnswer } from './mcp-http.ts';
import { MessageStream } from './message-stream.ts';
import {
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type ScriptedOptions,
  type ScriptedUpstream,
  type UpstreamMessage,
} from './scripted-upstream.ts';
import { until } from './until.ts';

/** Servers of both eras that ask what their call's arguments say, and clients of both eras that answer, by hand. */

/** What is asked, as either era has it. */
export interface Question {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** One round of a call. A legacy server asks the values of `inputRequests`. */
export interface AskedRound {
  readonly inputRequests?: Readonly<Record<string, Question>>;
  readonly requestState?: string;
}

let lastKey = 0;

/** Arguments of the tool `asks`: what it does. */
export function asking(...rounds: readonly AskedRound[]): {
  readonly key: string;
  readonly rounds: readonly AskedRound[];
} {
  return { key: `call-${++lastKey}`, rounds };
}

interface Asking {
  readonly key: string;
  readonly rounds: readonly AskedRound[];
}

const askingOf = ({ message }: Arrival): Asking => message.params?.arguments as Asking;

/** The arrivals of one call and of its retries. */
export function arrivalsOf(upstream: ScriptedUpstream, { key }: { readonly key: string }): Arrival[] {
  return upstream.of('tools/call').filter((arrival) => askingOf(arrival).key === key);
}

/** A modern server: it asks round by round, and then answers with the responses of the last one. */
export async function modernAsker(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ScriptedOptions> = {},
): Promise<ScriptedUpstream> {
  const asks: Script = (arrival) => {
    const { message, response } = arrival;
    const round = askingOf(arrival).rounds[arrivalsOf(upstream, askingOf(arrival)).length - 1];
    if (round !== undefined) return json(response, result(message, { resultType: 'input_required', ...round }));
    json(response, textResult(message, JSON.stringify(message.params?.['inputResponses'] ?? null)));
  };
  const upstream = await scriptedUpstream(t, { ...options, era: 'modern', tools: { asks, ...options.tools } });
  return upstream;
}

/** A legacy server: the same, amid one call. Each response is a result or an error, under the key of its question. */
export async function legacyAsker(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ScriptedOptions> = {},
): Promise<ScriptedUpstream> {
  const waiting = new Map<unknown, (response: UpstreamMessage) => void>();
  // Responses, which have no method. Each is looked for once, so that hundreds may be waited for.
  const responded: Script = ({ response, message }) => {
    waiting.get(message.id)?.(message);
    response.writeHead(202).end();
  };
  const asks: Script = async (arrival) => {
    const { key, rounds } = askingOf(arrival);
    events(arrival.response);
    let said: Record<string, unknown> = {};
    for (const [round, { inputRequests = {} }] of rounds.entries()) {
      const id = (name: string): string => `${key} ${round} ${name}`;
      const replies = Object.entries(inputRequests).map(async ([name, question]) => {
        const replied = new Promise<UpstreamMessage>((resolve) => waiting.set(id(name), resolve));
        put(arrival, id(name), question);
        const { result: reply, error } = await replied;
        return [name, reply ?? { error }] as const;
      });
      said = Object.fromEntries(await Promise.all(replies));
    }
    arrival.response.end(event(textResult(arrival.message, JSON.stringify(said))));
  };
  const methods = { '': responded, ...options.methods };
  return scriptedUpstream(t, { ...options, methods, tools: { asks, ...options.tools } });
}

/** What a client says to a question. */
export type Reply = (question: Question) => unknown;

/** What came to a client. */
export interface RoundTrip {
  /** All that it was asked, in order. */
  readonly asked: readonly Question[];
  readonly answer: RpcAnswer;
}

/** Clients of both eras that call a tool and answer what they are asked, until there is an answer. */
export const roundTrips: Readonly<Record<'legacy' | 'modern', (call: ModernCall, reply: Reply) => Promise<RoundTrip>>> =
  {
    async modern(call, reply) {
      const asked: Question[] = [];
      let answer = await answerTo(call);
      while (answer.result?.['resultType'] === 'input_required') {
        const { inputRequests = {}, requestState } = answer.result as AskedRound;
        const inputResponses: Record<string, unknown> = {};
        for (const [key, request] of Object.entries(inputRequests)) {
          asked.push(request);
          inputResponses[key] = reply(request);
        }
        answer = await answerTo(call, { inputResponses, ...(requestState !== undefined && { requestState }) });
      }
      return { asked, answer };
    },
    async legacy({ url, params, capabilities }, reply) {
      const session = await LegacySession.begin(url, '2025-11-25', { capabilities });
      const stream = new MessageStream(await session.open('tools/call', params));
      const asked: Question[] = [];
      for (let read = 0; ;) {
        await until('a message or the end', () => stream.messages.length > read || stream.end !== undefined);
        if (stream.messages.length === read) break;
        const { id, method, params: about } = stream.messages[read++] as unknown as Question & { id?: unknown };
        if (method === undefined || id === undefined) continue;
        const question: Question = about === undefined ? { method } : { method, params: about };
        asked.push(question);
        await session.post({ jsonrpc: '2.0', id, result: reply(question) });
      }
      const whole: HttpAnswer = { status: stream.status, headers: stream.headers, text: stream.text };
      await session.end();
      const last = stream.messages.at(-1) as unknown as RpcAnswer | undefined;
      return { asked, answer: last ?? answerOf(whole) };
    },
  };

/** What the tool `asks` was told in its last round. */
export function toldIn({ result: { content } = {}, error }: RpcAnswer): unknown {
  if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
  return JSON.parse(String((content as { readonly text: string }[])[0]?.text));
}
