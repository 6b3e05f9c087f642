/** What servers say of themselves, and list, that no server should: the others' lists stay what they are. */
import fc from 'fast-check';
import t from 'tap';
import { ask, type RawRequest } from '../support/fuzz/ask.ts';
import {
  catalogueCases,
  catalogueServers,
  describeCase,
  type CatalogueCase,
} from '../support/fuzz/catalogue-server.ts';
import { controlClients } from '../support/fuzz/control-clients.ts';
import { checkAnswer } from '../support/fuzz/owed.ts';
import { fuzz, printSeed } from '../support/fuzz/settings.ts';
import { LegacySession, modernRequest } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** Registries, one after the other, each with so many servers that are wrong. */
const RUNS = 12;
const SERVERS = 40;

printSeed(t);
const calm = await startServer('legacy');
const wrongs = await catalogueServers(t);
const calmEntry = entryFor(calm.url, { name: 'calm' });
const gateway = await startGateway([calmEntry]);
t.teardown(() => Promise.all([gateway.stop(), calm.stop()]));

const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
const requestOf = {
  legacy: (session: LegacySession, method: string): RawRequest => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'mine', method, params: {} });
    return { method: 'POST', headers: session.headers, body: [Buffer.from(body)] };
  },
  modern: (_session: LegacySession, method: string): RawRequest => {
    const { headers = {}, body = '' } = modernRequest(method, {}, { id: 'mine' });
    return { method: 'POST', headers: { ...headers }, body: [Buffer.from(body)] };
  },
} as const;

/** Asks and checks. @returns the answer's text */
async function asked(url: string, request: RawRequest): Promise<string> {
  const answer = await ask(url, request);
  try {
    checkAnswer(request.body[0] as Buffer, answer);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n  ${url} answered ${answer.text.slice(0, 3000)}`, { cause: error });
  }
  return answer.text;
}

const calmSession = await LegacySession.begin(`${gateway.url}/default/calm`);
/** What the calm server's own endpoint says, in both eras. */
async function calmLists(): Promise<string> {
  const all = lists.flatMap((method) =>
    Object.values(requestOf).map((request) => asked(calmSession.url, request(calmSession, method))),
  );
  // What a list may still be kept is less each time.
  return (await Promise.all(all)).join('\n').replaceAll(/"ttlMs":\d+/g, '');
}
const before = await calmLists();

let registries = 0;
/** How many of the servers that are wrong could be used all the same, and how many could not. */
const counts = { Available: 0, Pending: 0, Unavailable: 0 };
/** Serves all of them, and looks at everything that the gateway says. */
async function property(cases: readonly CatalogueCase[]): Promise<void> {
  const run = ++registries;
  const entries = cases.map((one, index) => {
    const path = `/${run}/${index}`;
    wrongs.cases.set(path, one);
    return entryFor(wrongs.origin + path, { name: `case-${index}-${run}` });
  });
  try {
    await gateway.publish([calmEntry, ...entries]);
    const tried = async (): Promise<boolean> =>
      (await gateway.report()).services.every(({ state }) => state !== 'Pending');
    await until('the gateway to have tried all servers', tried, { state: () => gateway.log().slice(-3000) });
    for (const { name, state } of (await gateway.report()).services) if (name !== 'calm') counts[state]++;
    const session = await LegacySession.begin(gateway.url);
    for (const method of lists) {
      for (const request of Object.values(requestOf)) {
        const text = await asked(gateway.url, request(session, method));
        const isThere = method !== 'tools/list' || text.includes('"calm_echo"');
        if (!isThere) throw new Error(`${method} lacks the tools of the calm server: ${text.slice(0, 3000)}`);
      }
    }
    await asked(gateway.url, requestOf.modern(session, 'server/discover'));
    // Each by itself, as it is at its own path.
    await Promise.all(
      entries.map(async ({ name }) => {
        const url = `${gateway.url}/default/${name}`;
        for (const method of ['tools/list', 'server/discover']) await asked(url, requestOf.modern(session, method));
        const own = await LegacySession.begin(url);
        await asked(url, requestOf.legacy(own, 'resources/list'));
        await own.end();
      }),
    );
    await session.end();
    const after = await calmLists();
    if (after !== before) throw new Error(`The calm server lists\n  ${after}\nand before\n  ${before}`);
  } catch (error) {
    const all = cases.length > 3 ? `${cases.length} servers` : cases.map(describeCase).join('\n');
    throw new Error(`${(error as Error).message}\n${all}`, { cause: error });
  } finally {
    for (const path of entries.map((entry) => entry.path)) wrongs.cases.delete(path);
  }
}

t.test('whatever servers say of themselves, what is listed can be read, and the others’ is as before', async (t) => {
  const control = await controlClients(gateway, ['calm_echo']);
  const arbitrary = fc.array(catalogueCases, { minLength: SERVERS, maxLength: SERVERS });
  const smaller = fc.array(catalogueCases, { minLength: 1, maxLength: SERVERS });
  const all = fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: smaller });
  const began = performance.now();
  await fuzz(t, { what: 'lists are right', arbitrary: all, runs: RUNS, lanes: 1, property });
  t.strictSame(await control.stop(), [], `${control.rounds()} rounds of control clients`);
  t.comment(`${Math.round(performance.now() - began)} ms, ${control.rounds()} rounds of control clients`);
  t.ok(counts.Available > RUNS && counts.Unavailable > RUNS, `of the servers were ${JSON.stringify(counts)}`);
  t.ok(wrongs.sent() > 500, `${wrongs.sent()} changed messages were sent`);
});
