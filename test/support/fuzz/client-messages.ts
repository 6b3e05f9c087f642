import fc from 'fast-check';
import type { OutgoingHttpHeaders } from 'node:http';
import { modernRequest } from '../mcp-http.ts';
import { mutated, shown } from './mutations.ts';

/** Everything that clients say, well, and changed. */

/** As whom a message is sent: in a session of 2025-11-25, in one of 2025-03-26, without either, or as 2026-07-28. */
export type Speaker = 'legacy' | 'batching' | 'nobody' | 'modern';

export interface ClientMessage {
  readonly speaker: Speaker;
  readonly message: unknown;
}

/** A message with the headers that it is sent with. */
export interface ClientPost {
  readonly speaker: Speaker;
  readonly bytes: Buffer;
  /** What the original was. */
  readonly original: unknown;
  readonly changes: readonly HeaderChange[];
  /** Sent in two parts that are cut here, from 0 to below 1; 0: in one. */
  readonly cut: number;
  /** Behind `/mcp`. */
  readonly path: string;
}

/** A header that is dropped, replaced, or sent twice. */
export interface HeaderChange {
  readonly name: string;
  readonly value: string | undefined;
  readonly isTwice: boolean;
}

const sampled = { model: 'm', role: 'assistant', content: { type: 'text', text: 'x' } };
const ids = fc.oneof(fc.constantFrom(1, 2, 0, -7, '1', '', 'é', 'a"b', 9007199254740991), fc.nat(1000));

/** Tools, prompts and resources of the servers that these names are the prefixes of. */
function requestsFor(prefix: string): readonly (readonly [method: string, params: Record<string, unknown>])[] {
  const meta = { progressToken: 1, 'example.com/x': { a: [1, null] } };
  const client = {
    protocolVersion: '2025-11-25',
    capabilities: { sampling: {} },
    clientInfo: { name: 'f', version: '1' },
  };
  return [
    ['initialize', client],
    ['initialize', { ...client, protocolVersion: '2025-03-26', capabilities: {} }],
    ['ping', {}],
    ['tools/list', {}],
    ['tools/list', { cursor: '' }],
    ['prompts/list', { cursor: 'none of ours' }],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    ['tools/call', { name: `${prefix}echo`, arguments: { text: 'hello' }, _meta: meta }],
    ['tools/call', { name: `${prefix}add`, arguments: { a: 1, b: 2 } }],
    ['tools/call', { name: `${prefix}count`, arguments: { to: 3, stepMs: 0 }, _meta: { progressToken: 'p' } }],
    ['tools/call', { name: `${prefix}echo`, arguments: { text: 'x' }, task: { ttl: 1000 } }],
    ['tools/call', { name: `${prefix}echo`, arguments: {}, requestState: 'none', inputResponses: { a: sampled } }],
    ['prompts/get', { name: `${prefix}greet`, arguments: { name: 'Ada', style: 'formal' } }],
    ['resources/read', { uri: 'test://about' }],
    ['resources/read', { uri: 'test://notes/1' }],
    ['resources/subscribe', { uri: 'test://about' }],
    ['resources/unsubscribe', { uri: 'test://about' }],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: `${prefix}greet` }, argument: { name: 'style', value: 'f' } },
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'test://notes/{id}' }, argument: { name: 'id', value: '1' }, context: {} },
    ],
    ['logging/setLevel', { level: 'info' }],
    ['tasks/list', {}],
    ['tasks/get', { taskId: 'none' }],
    ['tasks/result', { taskId: 'none' }],
    ['tasks/cancel', { taskId: 'none' }],
    ['tasks/update', { taskId: 'none', inputResponses: {} }],
    ['server/discover', {}],
    ['subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://about'] } }],
    ['example/unknown', { a: 1 }],
  ];
}

const notifications = [
  { method: 'notifications/initialized' },
  { method: 'notifications/cancelled', params: { requestId: 1, reason: 'x' } },
  { method: 'notifications/progress', params: { progressToken: 1, progress: 1, total: 2 } },
  { method: 'notifications/roots/list_changed' },
  { method: 'notifications/tasks/status', params: { taskId: 'none', status: 'working' } },
  { method: 'example/unknown', params: {} },
].map((message) => ({ jsonrpc: '2.0', ...message }));

const responses = [
  { id: 1, result: sampled },
  { id: 'q-1', result: { roots: [] } },
  { id: 2, result: { action: 'accept', content: {} } },
  { id: 3, error: { code: -1, message: 'no' } },
  { id: null, error: { code: -32700, message: 'cannot read that' } },
].map((message) => ({ jsonrpc: '2.0', ...message }));

/** @param prefixes of the servers' tools, with their separator */
function originals(prefixes: readonly string[]): fc.Arbitrary<ClientMessage> {
  const request = fc
    .tuple(fc.constantFrom(...prefixes.flatMap(requestsFor)), ids)
    .map(([[method, params], id]) => ({ jsonrpc: '2.0', id, method, params }));
  const said = fc.oneof(
    { weight: 8, arbitrary: request },
    { weight: 1, arbitrary: fc.constantFrom(...notifications) },
    { weight: 1, arbitrary: fc.constantFrom(...responses) },
  );
  const as = (speaker: Speaker, message: fc.Arbitrary<unknown>) => message.map((one) => ({ speaker, message: one }));
  const modern = request.map(({ id, method, params }) => {
    const { body } = modernRequest(method, params, { id });
    return { speaker: 'modern' as const, message: JSON.parse(String(body)) as unknown };
  });
  return fc.oneof(
    { weight: 4, arbitrary: as('legacy', said) },
    { weight: 2, arbitrary: as('batching', fc.array(said, { maxLength: 4 })) },
    { weight: 1, arbitrary: as('batching', said) },
    { weight: 1, arbitrary: as('nobody', said) },
    { weight: 5, arbitrary: modern },
  );
}

const headerChange: fc.Arbitrary<HeaderChange> = fc.record({
  name: fc.constantFrom(
    'content-type',
    'accept',
    'mcp-session-id',
    'mcp-protocol-version',
    'mcp-method',
    'mcp-name',
    'mcp-param-region',
    'last-event-id',
    'origin',
    'content-encoding',
    'x-own',
  ),
  value: fc.constantFrom(
    undefined,
    '',
    'x',
    'tools/call',
    'tools/list',
    '2025-03-26',
    '2026-07-28',
    '2099-01-01',
    'application/json; charset=utf-8',
    'text/plain',
    'text/event-stream',
    '=?base64?bGVnYWN5X2VjaG8=?=',
    '=?base64?///?=',
    'http://attacker.example',
    '__proto__',
    'é',
    'x'.repeat(3000),
  ),
  isTwice: fc.boolean(),
});

/** Messages of clients that were changed, with headers that may be, too. */
export function clientPosts(prefixes: readonly string[], paths: readonly string[]): fc.Arbitrary<ClientPost> {
  const changed = mutated(originals(prefixes), { message: ({ message }: ClientMessage) => message });
  const changes = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(headerChange, { minLength: 1, maxLength: 3 }) },
  );
  const cut = fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat(99).map((part) => part / 100) },
  );
  return fc
    .tuple(changed, changes, cut, fc.constantFrom(...paths))
    .map(([{ original, bytes }, headerChanges, at, path]) => ({
      speaker: original.speaker,
      original: original.message,
      bytes,
      changes: headerChanges,
      cut: at,
      path,
    }));
}

/** The headers of a post. @param sessions the ids of the speakers' sessions */
export function headersOf(post: ClientPost, sessions: Readonly<Partial<Record<Speaker, string>>>): OutgoingHttpHeaders {
  const { method, params } = post.original as { method?: string; params?: Record<string, unknown> };
  const headers: OutgoingHttpHeaders =
    post.speaker === 'modern'
      ? { ...modernRequest(method ?? '', params).headers }
      : { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const session = sessions[post.speaker];
  if (session !== undefined) headers['mcp-session-id'] = session;
  for (const { name, value, isTwice } of post.changes) {
    const before = headers[name];
    if (value === undefined) delete headers[name];
    else headers[name] = isTwice && before !== undefined ? [String(before), value] : value;
  }
  return headers;
}

/** The body in the parts that it is sent in. */
export function partsOf({ bytes, cut }: ClientPost): readonly Buffer[] {
  const at = Math.floor(cut * bytes.length);
  return at === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
}

/** A post for a person, such that it can be sent again. */
export function describePost(post: ClientPost, headers: OutgoingHttpHeaders): string {
  return `POST /mcp${post.path} as ${post.speaker}\n  ${JSON.stringify(headers)}\n  ${shown(post.bytes)}`;
}
