import { Agent } from 'node:https';
import {
  answerOf,
  initialize,
  LegacySession,
  modern,
  modernListen,
  send,
  textOf,
  type HttpAnswer,
} from '../../../support/mcp-http.ts';
import { sendUnasked, talk } from './agent-requests.ts';
import type { Caller } from './callers.ts';
import type { AccessScene } from './scene.ts';

/**
 * What a request comes to: `yes`, it is done, or the list has something; `nothing`, the list is empty; `unknown`, there is no
 * such thing as far as the caller is told; another status than 200; or no connection.
 */
export type Outcome = 'yes' | 'nothing' | 'unknown' | 'no connection' | number;

interface Asked {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** With the names of the scene's namespaces for SHOP, BANK and OFFICE. */
  readonly path?: string;
}

const call = (name: string, args: object): Asked => ({ method: 'tools/call', params: { name, arguments: args } });
const DICE = '/mcp/SHOP/dice';
const SAFE = '/mcp/BANK/safe';
const PLANNER = '/agents/OFFICE/planner/';
const greeted = { name: 'Ada', style: 'formal' };
const completing = { argument: { name: 'style', value: 'f' } };

/** Requests of MCP, by what the table calls them. */
const asked = {
  'list all tools': { method: 'tools/list' },
  'list the tools of dice': { method: 'tools/list', path: DICE },
  'list the tools of safe': { method: 'tools/list', path: SAFE },
  'list the tools of no server': { method: 'tools/list', path: '/mcp/SHOP/none' },
  'list all prompts': { method: 'prompts/list' },
  'list all resources': { method: 'resources/list' },
  'call echo of dice': call('dice_echo', { text: 'hi' }),
  'call echo of safe': call('safe_echo', { text: 'hi' }),
  'call add of safe': call('safe_add', { a: 1, b: 2 }),
  'call toggle of dice': call('dice_toggle', { list: 'tools', name: 'x' }),
  'call a name that nobody has': call('dice_guessed', {}),
  'have planner do something': call('planner_delegate', { message: 'echo hi' }),
  'get greet of safe': { method: 'prompts/get', params: { name: 'safe_greet', arguments: greeted } },
  'read about at safe': { method: 'resources/read', params: { uri: 'test://about' }, path: SAFE },
  'read a note at safe': { method: 'resources/read', params: { uri: 'test://notes/1' }, path: SAFE },
  'complete greet of dice': {
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'dice_greet' }, ...completing },
  },
} as const satisfies Record<string, Asked>;

/** Subscriptions to resources, each era's own way: the URI. */
const subscribed = {
  'subscribe to about at safe': 'test://about',
  'subscribe to a note at safe': 'test://notes/1',
} as const;

/** Requests of A2A, to which the eras of MCP are one. */
const agentRequests = ['talk to planner by A2A', 'send planner a message unasked'] as const;

/** Requests that are none of MCP: path and headers. */
const plain = {
  'read the page': ['/', {}],
  'read the list of services': ['/api/services', {}],
  'read where tokens are to be had': ['/.well-known/oauth-protected-resource/mcp', {}],
  'read the page under a foreign name': ['/', { host: 'attacker.example' }],
  'read the page with a token in the URL': ['/?access_token=x', {}],
} as const;

export type RequestName =
  | keyof typeof asked
  | keyof typeof subscribed
  | (typeof agentRequests)[number]
  | keyof typeof plain;

type Era = 'legacy' | 'modern';

interface Options {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
}

/** What a request of a caller comes to, as a client of an era sends it. */
export async function outcomeOf(scene: AccessScene, caller: Caller, name: RequestName, era: Era): Promise<Outcome> {
  const { headers = {}, certificate, origin = scene.origin } = caller;
  const ca = scene.servers.cert;
  // By itself Node would take the name from the header Host.
  const agent = new Agent({ ca, servername: new URL(origin).hostname, ...certificate });
  const options = { headers, agent };
  const at = (path: string): string =>
    origin + path.replace('SHOP', scene.shop).replace('BANK', scene.bank).replace('OFFICE', scene.office);
  try {
    if (name in plain) {
      const [path, more] = plain[name as keyof typeof plain];
      return done((await send(at(path), { method: 'GET', headers: { ...headers, ...more }, agent })).status);
    }
    if (name === 'talk to planner by A2A') return done(await talk(at(PLANNER), caller, ca));
    if (name === 'send planner a message unasked') return gist(await sendUnasked(at(PLANNER), options));
    if (name in subscribed) return await subscribe(at(SAFE), subscribed[name as keyof typeof subscribed], era, options);
    const { method, params = {}, path = '/mcp' }: Asked = asked[name as keyof typeof asked];
    return gist(
      era === 'modern'
        ? await modern(at(path), method, params, options)
        : await inSession(at(path), method, params, options),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return 'no connection';
  } finally {
    agent.destroy();
  }
}

const done = (status: number): Outcome => (status === 200 ? 'yes' : status);

async function subscribe(url: string, uri: string, era: Era, options: Options): Promise<Outcome> {
  if (era === 'legacy') return gist(await inSession(url, 'resources/subscribe', { uri }, options));
  const stream = await modernListen(url, { resourceSubscriptions: [uri] }, options);
  try {
    if (stream.status !== 200) return stream.status;
    const { params } = await stream.message('notifications/subscriptions/acknowledged');
    const { notifications } = params as { readonly notifications: { readonly resourceSubscriptions?: string[] } };
    return notifications.resourceSubscriptions?.includes(uri) === true ? 'yes' : 'unknown';
  } finally {
    stream.close();
  }
}

async function inSession(
  url: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
  options: Options,
): Promise<HttpAnswer> {
  const answer = await initialize(url, '2025-11-25', options);
  if (answer.status !== 200) return answer;
  const session = await LegacySession.begin(url, '2025-11-25', options);
  const result = await session.request(method, params);
  await session.end();
  return result;
}

/** Codes of JSON-RPC that say that there is no such thing, by both eras. */
const UNKNOWN = new Set([-32602, -32002]);

function gist(answer: HttpAnswer): Outcome {
  if (answer.status === 401 || answer.status === 403 || answer.status === 404) return answer.status;
  const said = answerOf(answer);
  const { result, error } = said;
  if (error !== undefined) return UNKNOWN.has(error.code) ? 'unknown' : error.code;
  if (result?.['isError'] === true) throw new Error(textOf(said));
  for (const list of ['tools', 'prompts', 'resources']) {
    const items = result?.[list];
    if (Array.isArray(items)) return items.length > 0 ? 'yes' : 'nothing';
  }
  return 'yes';
}
