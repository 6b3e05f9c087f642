import fc from 'fast-check';
import type { ServerResponse } from 'node:http';
import { questions } from '../asking.ts';
import { sent } from '../scripted-upstream.ts';
import { mutated, shown } from './mutations.ts';

/** What servers answer to a request, well, and changed. */

/** The methods that are answered by a server, and not by the gateway. */
export type AnsweredMethod = 'tools/call' | 'prompts/get' | 'resources/read' | 'completion/complete';
export const answeredMethods: readonly AnsweredMethod[] = [
  'tools/call',
  'prompts/get',
  'resources/read',
  'completion/complete',
];

/** How an answer is sent. */
export interface ServerAnswer {
  readonly method: AnsweredMethod;
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
  /** Where it is cut into parts that are sent one after the other, from 0 to below 1. */
  readonly cuts: readonly number[];
  /** Whether the connection breaks behind it, or stays open. */
  readonly end: 'ended' | 'broken' | 'open';
}

/** Stand for what is known only when the request has come. */
const ID = '@id@';
const TOKEN = '@token@';

const content = [{ type: 'text', text: 'é' }];
const task = { taskId: 't-1', status: 'working', createdAt: '2026-01-01T00:00:00Z', ttl: 1000, ttlMs: 1000 };
const complete = { resultType: 'complete' };
const results: Readonly<Record<AnsweredMethod, readonly unknown[]>> = {
  'tools/call': [
    { content },
    { content: [] },
    { ...complete, content },
    { ...complete, content, structuredContent: { a: [1, null, 'x'] }, _meta: { 'example.com/x': 1 }, isError: false },
    {
      content: [
        { type: 'resource_link', uri: 'x://y', name: 'y' },
        { type: 'audio', data: 'AA==', mimeType: 'audio/x' },
      ],
    },
    { resultType: 'input_required', inputRequests: { a: questions.form, b: questions.roots }, requestState: 's' },
    { resultType: 'input_required', requestState: 's' },
    { resultType: 'task', ...task },
    { task: { ...task, pollInterval: 10 } },
    { content, _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't-1' } } },
  ],
  'prompts/get': [{ ...complete, messages: [{ role: 'user', content: content[0] }] }],
  'resources/read': [{ ...complete, contents: [{ uri: 'case://1', text: 'x' }], ttlMs: 1, cacheScope: 'public' }],
  'completion/complete': [{ ...complete, completion: { values: ['a', 'b'], total: 2, hasMore: false } }],
};
const errors: readonly unknown[] = [
  { code: -32603, message: 'no', data: { a: 1 } },
  {
    code: -32042,
    message: 'sign in',
    data: { elicitations: [{ mode: 'url', url: 'https://x.example', message: 'x' }] },
  },
  { code: -32021, message: 'x', data: { requiredCapabilities: { sampling: {} } } },
  { code: -32020, message: 'Header mismatch' },
  { code: -32002, message: 'Resource not found', data: { uri: 'x://y' } },
];
const said: readonly object[] = [
  { method: 'notifications/progress', params: { progressToken: TOKEN, progress: 1, total: 2, message: 'é' } },
  { method: 'notifications/progress', params: { progressToken: 'of another', progress: 1 } },
  { method: 'notifications/message', params: { level: 'info', logger: 'x', data: { a: 1 } } },
  { method: 'notifications/tools/list_changed' },
  { method: 'notifications/resources/updated', params: { uri: 'case://1' } },
  { method: 'notifications/cancelled', params: { requestId: ID } },
  { method: 'notifications/tasks/status', params: task },
  { method: 'example/notification', params: { a: 1 } },
  { id: 1, method: 'ping' },
  { id: 'q', ...questions.sampling },
  { id: 2, ...questions.form },
  { id: 3, ...questions.url },
  { id: 4, ...questions.roots },
  { id: 5, method: 'example/request', params: {} },
  { id: 'stray', result: {} },
];

/** An answer as it should be: what is said before it, and in which form. */
interface Original {
  readonly method: AnsweredMethod;
  readonly messages: readonly object[];
  /** The one that is changed. */
  readonly focus: number;
  readonly form: 'json' | 'events' | 'numbered events' | 'batch';
}

const forms = [
  'json',
  'json',
  'json',
  'events',
  'events',
  'events',
  'numbered events',
  'numbered events',
  'batch',
] as const;

const originals: fc.Arbitrary<Original> = fc
  .record({
    method: fc.constantFrom('tools/call', ...answeredMethods),
    answer: fc.nat(99),
    isError: fc.constantFrom(false, false, false, true),
    before: fc.array(fc.constantFrom(...said), { maxLength: 3 }),
    focus: fc.nat(9),
    form: fc.constantFrom(...forms),
  })
  .map(({ method, answer, isError, before, focus, form }) => {
    const all = isError ? errors : results[method];
    const one = all[answer % all.length];
    const last = { jsonrpc: '2.0', id: ID, ...(isError ? { error: one } : { result: one }) };
    const first = form === 'json' ? [] : before.map((message) => ({ jsonrpc: '2.0', ...message }));
    const messages = [...first, last];
    // What is said last matters most.
    return {
      method,
      messages,
      focus: Math.max(0, messages.length - 1 - (focus % (messages.length + 2))),
      form,
    } as const;
  });

function framed(changed: string, { messages, focus, form }: Original): string {
  const texts = messages.map((message, index) => (index === focus ? changed : JSON.stringify(message)));
  if (form === 'json') return texts.join('');
  if (form === 'batch') return `[${texts.join(',')}]`;
  const event = (text: string, index: number): string =>
    form === 'events' ? `data: ${text}\n\n` : `id: e-${index}\r\nevent: message\r\ndata: ${text}\r\n\r\n`;
  return `: hello\n\n${texts.map(event).join('')}`;
}

const place = fc.nat(999).map((part) => part / 1000);
const types: Readonly<Record<Original['form'], string>> = {
  json: 'application/json',
  batch: 'application/json',
  events: 'text/event-stream',
  'numbered events': 'text/event-stream',
};
const otherTypes = ['application/json', 'text/event-stream', 'text/html', 'application/json; charset=latin1', 'x', ''];

/** Answers of servers that were changed. */
export const serverAnswers: fc.Arbitrary<ServerAnswer> = fc
  .record({
    changed: mutated(originals, { message: ({ messages, focus }: Original) => messages[focus], framed }),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...otherTypes) },
    ),
    status: fc.oneof(
      { weight: 12, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.constantFrom(202, 204, 307, 400, 401, 403, 404, 405, 429, 500, 503) },
    ),
    cuts: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(place, { minLength: 1, maxLength: 6 }) },
    ),
    end: fc.oneof(
      { weight: 20, arbitrary: fc.constant('ended' as const) },
      { weight: 2, arbitrary: fc.constant('broken' as const) },
      // Each that has no answer costs its deadline.
      { weight: 1, arbitrary: fc.constant('open' as const) },
    ),
  })
  .map(({ changed: { original, bytes }, type, status, cuts, end }) => ({
    method: original.method,
    type: type ?? types[original.form],
    status,
    bytes,
    cuts: [...cuts],
    end,
  }));

/** The bytes with the request's own id and progress token. */
export function answerTo(request: { readonly id?: unknown; readonly token: unknown }, { bytes }: ServerAnswer): Buffer {
  return replaced(replaced(bytes, ID, request.id), TOKEN, request.token ?? 'none');
}

/** Sends an answer to a POST. */
export async function sendAnswer(response: ServerResponse, answer: ServerAnswer, bytes: Buffer): Promise<void> {
  response.on('error', () => undefined);
  response.writeHead(answer.status, answer.type === '' ? {} : { 'content-type': answer.type });
  for (const part of partsOf(answer, bytes)) {
    // The gateway may have had enough.
    if (response.destroyed) return;
    await sent(response, part).catch(() => undefined);
  }
  if (answer.end === 'ended') response.end();
  else if (answer.end === 'broken') response.destroy();
}

/** The bytes in the parts that they are sent in. */
export function partsOf({ cuts }: ServerAnswer, bytes: Buffer): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** An answer for a person, such that it can be sent again. */
export function describeAnswer(answer: ServerAnswer, bytes: Buffer): string {
  const { method, status, type, cuts, end } = answer;
  const parts = partsOf(answer, bytes).map(({ length }) => length);
  const how = `HTTP ${status}, content type "${type}", ${cuts.length === 0 ? 'in one' : `in parts of ${parts.join(', ')} bytes`}`;
  return `${method} was answered with ${how}, then ${end}:\n  ${shown(bytes)}`;
}

function replaced(bytes: Buffer, mark: string, value: unknown): Buffer {
  const quoted = Buffer.from(JSON.stringify(mark));
  const parts: Buffer[] = [];
  let rest = bytes;
  for (let at = rest.indexOf(quoted); at >= 0; at = rest.indexOf(quoted)) {
    parts.push(rest.subarray(0, at), Buffer.from(JSON.stringify(value)));
    rest = rest.subarray(at + quoted.length);
  }
  return Buffer.concat([...parts, rest]);
}
