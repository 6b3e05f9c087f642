import type { ServerResponse } from 'node:http';
import type { LegacySession, RpcAnswer } from './mcp-http.ts';
import { MessageStream } from './message-stream.ts';
import {
  event,
  events,
  scriptedUpstream,
  textResult,
  type ScriptedOptions,
  type ScriptedUpstream,
  type UpstreamMessage,
} from './scripted-upstream.ts';
import { until } from './until.ts';

/** Legacy servers that ask what their caller wants them to ask, and legacy clients by hand that are asked. */

/** Where a server asks: on the stream of the call's answer, or on that of the session. */
export type Place = 'the call’s stream' | 'the session’s stream';

/** A server with a tool `ask`, which asks for what stands in its arguments and answers with the responses as they came. */
export interface AskingServer extends ScriptedUpstream {
  /** The streams of its sessions, by their ids. */
  readonly streams: ReadonlyMap<string, ServerResponse>;
  /** Waits for the response to a request of the server's in a session. */
  response(session: string, id: unknown): Promise<UpstreamMessage>;
}

interface Asking {
  readonly asked: readonly object[];
  readonly place: Place;
}

export async function askingServer(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ScriptedOptions> = {},
): Promise<AskingServer> {
  const streams = new Map<string, ServerResponse>();
  const response = (session: string, id: unknown): Promise<UpstreamMessage> =>
    until(
      `the response to ${String(id)}`,
      () =>
        upstream.arrivals.find(
          ({ message, request }) =>
            message.method === undefined && message.id === id && request.headers['mcp-session-id'] === session,
        )?.message,
      { state: () => upstream.arrivals.map(({ message }) => message) },
    );
  const upstream = await scriptedUpstream(t, {
    get: ({ headers }, stream) => void streams.set(String(headers['mcp-session-id']), events(stream)),
    ...options,
    tools: {
      ...options.tools,
      ask: async (arrival) => {
        const { asked = [], place } = (arrival.message.params?.arguments ?? {}) as Partial<Asking>;
        const session = String(arrival.request.headers['mcp-session-id']);
        events(arrival.response);
        const requests = asked.map((each, index) => ({ jsonrpc: '2.0', id: `own-${index}`, ...each }));
        const stream =
          place === 'the call’s stream'
            ? arrival.response
            : await until('the session’s stream', () => streams.get(session));
        for (const each of requests) stream.write(event(each));
        const responses = await Promise.all(requests.map(({ id }) => response(session, id)));
        arrival.response.end(event(textResult(arrival.message, JSON.stringify(responses))));
      },
    },
  });
  return { ...upstream, streams, response };
}

/** What a legacy client saw of a call amid which it was asked. */
export interface Asked {
  /** The requests that came to it, on whichever stream. */
  readonly requests: readonly Record<string, unknown>[];
  /** The responses as the server got them. */
  readonly told: readonly UpstreamMessage[];
}

/**
 * Has a server ask a client, and answers for it.
 * @param call what a server is to ask, and where
 * @param say the client's response to a request: `result` or `error`
 */
export async function beAsked(
  session: LegacySession,
  call: { readonly tool?: string; readonly asked: readonly object[]; readonly place?: Place },
  say: (request: Record<string, unknown>) => object = () => ({ result: {} }),
): Promise<Asked> {
  const { tool = 'server_ask', asked, place = 'the call’s stream' } = call;
  const heard = await session.listen();
  let stream: MessageStream | undefined;
  // There may be nothing on it before the answer.
  const opening = session
    .open('tools/call', { name: tool, arguments: { asked, place } })
    .then((response) => (stream = new MessageStream(response)));
  const answered = new Set<unknown>();
  const requests = (): Record<string, unknown>[] =>
    [...(stream?.messages ?? []), ...heard.messages].filter(
      (one) => one['method'] !== undefined && one['id'] !== undefined,
    );
  const answer = await until(
    'the answer to the call',
    async () => {
      const open = requests().filter((request) => !answered.has(request['id']));
      for (const request of open) answered.add(request['id']);
      await Promise.all(open.map((request) => session.post({ jsonrpc: '2.0', id: request['id'], ...say(request) })));
      return stream?.messages.find((one) => one['method'] === undefined) as unknown as RpcAnswer | undefined;
    },
    { state: () => [stream?.text, heard.text] },
  );
  for (const each of [await opening, heard]) each.close();
  const content = answer.result?.['content'] as { text: string }[] | undefined;
  if (content === undefined) throw new Error(`The call failed: ${JSON.stringify(answer)}`);
  return { requests: requests(), told: JSON.parse(content[0]?.text ?? '') as UpstreamMessage[] };
}
