/** Lists of many tasks, of several servers (2025-11-25, Tasks, Listing Tasks). */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { json, result, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

/** A server that lists all that was made at it, in pages of so many; it fails to when it is told to. */
async function listing(size: number): Promise<ScriptedUpstream & { fails: boolean }> {
  const made: object[] = [];
  const upstream = await scriptedUpstream(t, {
    capabilities: { tools: {}, tasks },
    tools: {
      work: ({ response, message }) => {
        const task = { taskId: `t-${made.length}`, status: 'working', createdAt: '', lastUpdatedAt: '', ttl: null };
        made.push(task);
        json(response, result(message, { task }));
      },
    },
    methods: {
      'tasks/list': ({ response, message }) => {
        if (server.fails) return void response.writeHead(500).end();
        const from = Number(message.params?.['cursor'] ?? 0);
        const nextCursor = from + size < made.length ? String(from + size) : undefined;
        json(response, result(message, { tasks: made.slice(from, from + size), nextCursor }));
      },
    },
  });
  const server = Object.assign(upstream, { fails: false });
  return server;
}

const first = await listing(7);
const second = await listing(1);
const gateway = await gatewayOf(t, { first, second });

async function create(session: LegacySession, name: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) {
    const { result: answer } = await session.rpc('tools/call', { name, arguments: {}, task: {} });
    ids.push((answer as { task: { taskId: string } }).task.taskId);
  }
  return ids;
}

/** All pages, each the ids on it. */
async function pagesOf(session: LegacySession): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ;) {
    const { result: page } = await session.rpc('tasks/list', cursor === undefined ? {} : { cursor });
    const listed = page as { tasks: { taskId: string }[]; nextCursor?: string };
    pages.push(listed.tasks.map(({ taskId }) => taskId));
    cursor = listed.nextCursor;
    if (cursor === undefined) return pages;
    t.match(cursor, /^[\w-]{40,}$/, 'the cursor is opaque');
  }
}

t.test('a list of many tasks has pages', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const other = await LegacySession.begin(gateway.url);
  const ids = [...(await create(session, 'first_work', 110)), ...(await create(session, 'second_work', 3))];
  const foreign = await create(other, 'second_work', 40);
  ids.push(...(await create(session, 'second_work', 1)));
  const pages = await pagesOf(session);
  t.ok(pages.length > 1, `${pages.length} pages`);
  t.strictSame(pages.flat().sort(), [...ids].sort(), 'each task once');
  t.strictSame((await pagesOf(other)).flat().sort(), [...foreign].sort());
});

t.test('a cursor is good for the session that it was given to', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const other = await LegacySession.begin(gateway.url);
  await create(session, 'first_work', 101);
  await create(session, 'second_work', 1);
  const { result: page } = await session.rpc('tasks/list');
  const cursor = page?.['nextCursor'];
  t.type(cursor, 'string');
  t.match((await other.rpc('tasks/list', { cursor })).error, { code: -32602 });
});

t.test('a server that fails to list takes its own tasks alone out of the union, and says so on its path', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const [ofFirst] = await create(session, 'first_work', 1);
  await create(session, 'second_work', 1);
  const alone = await LegacySession.begin(`${gateway.url}/default/second`);
  await create(alone, 'work', 1);
  second.fails = true;
  t.strictSame((await pagesOf(session)).flat(), [ofFirst]);
  t.match((await alone.rpc('tasks/list')).error, { message: /default\/second/ });
  second.fails = false;
  t.equal((await pagesOf(session)).flat().length, 2);
});
