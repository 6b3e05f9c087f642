import { Agent } from 'node:https';
import { answerOf, initialize, LegacySession, modern, send, type HttpAnswer } from '../../../support/mcp-http.ts';
import type { AccessScene, Caller } from './scene.ts';

/**
 * What a request comes to: `yes`, it is done, or the list has something; `nothing`, the list is empty; `unknown`, there is no
 * such thing as far as the caller is told; another status than 200; or no connection.
 */
export type Outcome = 'yes' | 'nothing' | 'unknown' | 'no connection' | number;

interface Asked {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** With the names of the scene's namespaces for SHOP and BANK. */
  readonly path?: string;
}

const call = (name: string, args: object): Asked => ({ method: 'tools/call', params: { name, arguments: args } });
const DICE = '/mcp/SHOP/dice';
const SAFE = '/mcp/BANK/safe';
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
  'get greet of safe': { method: 'prompts/get', params: { name: 'safe_greet', arguments: greeted } },
  'read about at safe': { method: 'resources/read', params: { uri: 'test://about' }, path: SAFE },
  'read a note at safe': { method: 'resources/read', params: { uri: 'test://notes/1' }, path: SAFE },
  'complete greet of dice': {
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'dice_greet' }, ...completing },
  },
} as const satisfies Record<string, Asked>;

/** Requests that are none of MCP: path and headers. */
const plain = {
  'read the page': ['/', {}],
  'read the list of services': ['/api/services', {}],
  'read where tokens are to be had': ['/.well-known/oauth-protected-resource/mcp', {}],
  'read the page under a foreign name': ['/', { host: 'attacker.example' }],
  'read the page with a token in the URL': ['/?access_token=x', {}],
} as const;

export type RequestName = keyof typeof asked | keyof typeof plain;

/** What a request of a caller comes to, as a client of an era sends it. */
export async function outcomeOf(
  scene: AccessScene,
  caller: Caller,
  name: RequestName,
  era: 'legacy' | 'modern',
): Promise<Outcome> {
  const { headers = {}, certificate } = caller;
  // By itself Node would take the name from the header Host.
  const agent = new Agent({ ca: scene.servers.cert, servername: new URL(scene.origin).hostname, ...certificate });
  try {
    if (name in plain) {
      const [path, more] = plain[name as keyof typeof plain];
      const { status } = await send(scene.origin + path, { method: 'GET', headers: { ...headers, ...more }, agent });
      return status === 200 ? 'yes' : status;
    }
    const { method, params = {}, path = '/mcp' }: Asked = asked[name as keyof typeof asked];
    const url = scene.origin + path.replace('SHOP', scene.shop).replace('BANK', scene.bank);
    const options = { headers, agent };
    const answer =
      era === 'modern' ? await modern(url, method, params, options) : await inSession(url, method, params, options);
    return gist(answer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return 'no connection';
  } finally {
    agent.destroy();
  }
}

async function inSession(
  url: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
  options: { readonly headers: Readonly<Record<string, string>>; readonly agent: Agent },
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
  const { result, error } = answerOf(answer);
  if (error !== undefined) return UNKNOWN.has(error.code) ? 'unknown' : error.code;
  for (const list of ['tools', 'prompts', 'resources']) {
    const items = result?.[list];
    if (Array.isArray(items)) return items.length > 0 ? 'yes' : 'nothing';
  }
  return 'yes';
}
