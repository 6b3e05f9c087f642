import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  event,
  events,
  json,
  progressToken,
  result,
  scriptedUpstream,
  type Arrival,
  type Script,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../scripted-upstream.ts';

/** Servers that many clients share, which answer in any order and say each client's secret wherever they can. */
export interface CrossTalkServers {
  readonly upstreams: Readonly<Record<ServerKind, ScriptedUpstream>>;
  /** Secret → how often it was worked on. */
  readonly worked: ReadonlyMap<string, number>;
  /** The secrets of the calls that were given up; one that was over when the server heard of it may be among them. */
  readonly cancelled: readonly string[];
  /** Cancellations of calls that never were, in words. */
  readonly strays: readonly string[];
}

export type ServerKind = 'legacy' | 'stateless' | 'modern';
export const serverKinds: readonly ServerKind[] = ['legacy', 'stateless', 'modern'];

/** How long an answer may take at most, in milliseconds. */
const WORK_MS = 30;
/** How many progress notifications `work` sends. */
export const WORK_STEPS = 2;

/** Starts one of each kind; they are closed when the test ends. */
export async function crossTalkServers(t: { teardown(end: () => Promise<void>): void }): Promise<CrossTalkServers> {
  const worked = new Map<string, number>();
  const cancelled: string[] = [];
  const strays: string[] = [];

  async function serverOf(era: ServerKind): Promise<ScriptedUpstream> {
    /** All calls that came in a session, by it and their id. */
    const calls = new Map<string, { readonly secret: string; readonly end: () => void }>();
    /** The streams of sessions. */
    const streams = new Map<string, ServerResponse>();
    const sessionOf = ({ request }: Pick<Arrival, 'request'>): string => String(request.headers['mcp-session-id']);
    const keyOf = (arrival: Pick<Arrival, 'request'>, id: unknown): string =>
      `${sessionOf(arrival)} ${JSON.stringify(id)}`;
    const envelope = era === 'modern' ? { resultType: 'complete' } : {};
    const isLogging = (message: UpstreamMessage): boolean =>
      era !== 'modern' || metaOf(message)?.['io.modelcontextprotocol/logLevel'] !== undefined;

    /** Tells the secret in progress, in a log message, on the session's own stream and in the answer. */
    const work: Script = async (arrival) => {
      const { response, message } = arrival;
      const secret = secretOf(message);
      worked.set(secret, (worked.get(secret) ?? 0) + 1);
      calls.set(keyOf(arrival, message.id), { secret, end: () => undefined });
      events(response);
      const say = (said: object): void => {
        if (!response.destroyed) response.write(event({ jsonrpc: '2.0', ...said }));
      };
      if (isLogging(message)) say({ method: 'notifications/message', params: { level: 'info', data: secret } });
      streams.get(sessionOf(arrival))?.write(event(aside(secret)));
      const token = progressToken(message);
      for (let progress = 1; progress <= WORK_STEPS; progress++) {
        await delay((Math.random() * WORK_MS) / WORK_STEPS);
        const params = { progressToken: token, progress, total: WORK_STEPS, message: secret };
        if (token !== undefined) say({ method: 'notifications/progress', params });
      }
      response.end(event(result(message, { ...envelope, content: [{ type: 'text', text: secret }] })));
    };
    /** Begins, and goes on until it is given up. */
    const hold: Script = (arrival) => {
      const { response, message } = arrival;
      const secret = secretOf(message);
      events(response);
      calls.set(keyOf(arrival, message.id), { secret, end: () => response.end() });
      // In the legacy era a client that is gone has not cancelled.
      if (era === 'modern') response.on('close', () => cancelled.push(secret));
      const params = { progressToken: progressToken(message), progress: 1, message: secret };
      response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
    };
    const heardOfCancel: Script = (arrival) => {
      arrival.response.writeHead(202).end();
      const key = keyOf(arrival, arrival.message.params?.['requestId']);
      const call = calls.get(key);
      if (call === undefined) return void strays.push(`${era}: ${key}`);
      cancelled.push(call.secret);
      call.end();
    };
    return scriptedUpstream(t, {
      era,
      tools: { work, hold },
      capabilities: { tools: {}, logging: {} },
      methods: {
        'notifications/cancelled': heardOfCancel,
        'logging/setLevel': ({ response, message }) => json(response, result(message, {})),
      },
      ...(era === 'legacy' && {
        get: (request, response) => {
          events(response);
          streams.set(sessionOf({ request }), response);
        },
      }),
    });
  }

  const [legacy, stateless, modern] = await Promise.all(serverKinds.map(serverOf));
  const upstreams = { legacy, stateless, modern } as Record<ServerKind, ScriptedUpstream>;
  return { upstreams, worked, cancelled, strays };
}

function secretOf({ params }: UpstreamMessage): string {
  const args = params?.arguments as { readonly secret: string };
  return args.secret;
}

function metaOf({ params }: UpstreamMessage): Readonly<Record<string, unknown>> | undefined {
  return params?.['_meta'] as Readonly<Record<string, unknown>> | undefined;
}

/** What is said outside of any call. */
function aside(secret: string): object {
  return { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: `aside ${secret}` } };
}
