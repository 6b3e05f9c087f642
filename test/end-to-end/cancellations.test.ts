/** When a cancellation reaches a legacy server, and that none does any harm. */
import t, { type Test } from 'tap';
import { setImmediate as turn } from 'node:timers/promises';
import { gatewayOf } from '../support/gateway-of.ts';
import {
  answerOf,
  LegacySession,
  modernCall,
  modernRequest,
  open,
  textOf,
  type RpcAnswer,
} from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const held: Arrival[] = [];
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params?.arguments))),
  hold: (arrival) => void held.push(arrival),
};
const upstream = await scriptedUpstream(t, { tools });
const gateway = await gatewayOf(t, { server: upstream });
const { url } = gateway;

const cancelledAt = (server: ScriptedUpstream): unknown[] =>
  server.of('notifications/cancelled').map(({ message }) => message.params?.['requestId']);

/** Calls a tool that is answered when the test says so. */
async function holding(session: LegacySession, id: string | number) {
  held.length = 0;
  const answer = session.request('tools/call', { name: 'server_hold', arguments: {} }, { id });
  const arrival = await until('the call', () => held[0]);
  return { answer, finish: () => json(arrival.response, textResult(arrival.message, 'done')) };
}

t.test('what is cancelled behind its answer, or is another’s, is not told to the server', async (t) => {
  const [session, other] = [await LegacySession.begin(url), await LegacySession.begin(url)];
  await other.call('server_echo');
  const before = cancelledAt(upstream).length;
  const cancel = (from: LegacySession, requestId: unknown) =>
    from.notify('notifications/cancelled', { requestId, reason: 'none' });
  await session.call('server_echo', {}, { id: 'over' });
  await cancel(session, 'over');
  const call = await holding(session, 7);
  await cancel(other, 7);
  await cancel(session, '7');
  await cancel(session, undefined);
  call.finish();
  t.equal(textOf(answerOf(await call.answer)), 'done');
  await cancel(session, 7);
  // What was told before it has arrived: in one session and over one connection.
  const last = await holding(session, 'last');
  await cancel(session, 'last');
  t.match(answerOf(await last.answer).error, { message: /cancelled by the client/ });
  await until('the one that counts', () => cancelledAt(upstream).length > before);
  t.strictSame(cancelledAt(upstream).slice(before), ['last']);
});

t.test('cancellations around the answer: each call has one, and the next call is right', async (t) => {
  const session = await LegacySession.begin(url);
  const seen = { answered: 0, cancelled: 0 };
  const settle = (answer: RpcAnswer, id: number): void => {
    t.equal(answer.id, id);
    if (answer.error === undefined) {
      seen.answered++;
      t.equal(textOf(answer), 'done');
    } else {
      seen.cancelled++;
      t.match(answer.error.message, /cancelled by the client/);
    }
  };
  for (let id = 1; id <= 120; id++) {
    const call = await holding(session, id);
    const requestId = id;
    const cancel = async (): Promise<void> => {
      for (let turns = id % 12; turns > 0; turns--) await turn();
      t.equal((await session.notify('notifications/cancelled', { requestId })).status, 202);
    };
    const finish = async (): Promise<void> => {
      for (let turns = Math.floor(id / 12); turns > 0; turns--) await turn();
      call.finish();
    };
    const [answer] = await Promise.all([call.answer, cancel(), finish()]);
    // One JSON-RPC answer, or it throws.
    settle(answerOf(answer), id);
    t.equal(textOf(await session.call('server_echo', { id }, { id })), JSON.stringify({ id }), 'the same id again');
  }
  t.comment(seen);
  t.equal(seen.answered + seen.cancelled, 120);
  t.ok(seen.answered > 0 && seen.cancelled > 0, JSON.stringify(seen));
});

/** A client that gives up while the gateway initializes a session with a server for it. */
const leavers: Readonly<Record<string, (url: string, opened: () => Promise<unknown>) => Promise<void>>> = {
  'a legacy client cancels': async (url, opened) => {
    const session = await LegacySession.begin(url);
    const call = session.call('echo', {}, { id: 'mine' });
    await opened();
    await session.notify('notifications/cancelled', { requestId: 'mine' });
    await call;
  },
  'a legacy client goes away': async (url, opened) => {
    const session = await LegacySession.begin(url);
    const abort = new AbortController();
    const call = session.request('tools/call', { name: 'echo' }, { signal: abort.signal }).catch(() => undefined);
    await opened();
    abort.abort();
    await call;
  },
  'a legacy client ends its session': async (url, opened) => {
    const session = await LegacySession.begin(url);
    const call = session.call('echo');
    await opened();
    await session.end();
    await call;
  },
  'a modern client goes away': async (url, opened) => {
    const abort = new AbortController();
    const call = open(url, { ...modernRequest('tools/call', { name: 'echo' }), signal: abort.signal });
    const gone = call.catch(() => undefined);
    await opened();
    abort.abort();
    await gone;
  },
  'the time of a modern client’s call is over': async (url) => void (await modernCall(url, 'echo')),
  'the time of a legacy client’s call is over': async (url) => {
    const session = await LegacySession.begin(url);
    await session.call('echo');
  },
};

/** A server whose second session, the one behind the gateway's own, is opened when the test says so. */
async function reluctant(t: Test) {
  const waiting: Arrival[] = [];
  let begun = 0;
  const server = await scriptedUpstream(t, {
    tools,
    methods: {
      initialize: (arrival) => {
        if (++begun === 2) waiting.push(arrival);
        else initialized(arrival);
      },
      'notifications/initialized': ({ response }) => void response.writeHead(202).end(),
      'notifications/cancelled': ({ response }) => void response.writeHead(202).end(),
      'tools/list': answering({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
    },
  });
  const initialized = ({ response, message }: Arrival): void => {
    const id = `session-${begun}`;
    server.sessions.add(id);
    const serverInfo = { name: 'reluctant', version: '1' };
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': id });
    response.end(result(message, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }));
  };
  return { server, waiting, initialized };
}

for (const [name, leave] of Object.entries(leavers)) {
  t.test(`initialize is not cancelled when ${name}`, async (t) => {
    const { server, waiting, initialized } = await reluctant(t);
    const entry = entryFor(server.url, { name: 'reluctant', timeoutMs: 1000 });
    await gateway.publish([entryFor(upstream.url, { name: 'server' }), entry]);
    const own = `${url}/default/reluctant`;
    await until('the server', async () =>
      (await gateway.report()).services.some(({ name, state }) => name === 'reluctant' && state === 'Available'),
    );
    await leave(own, () => until('the opening', () => waiting[0]));
    const [arrival] = waiting as [Arrival];
    t.notOk(arrival.isAborted(), 'it is left to its answer');
    initialized(arrival);
    // The session is there, or is given back: either way the server has been told all that there was to tell.
    await until('what comes of it', () => server.ended.length > 0 || server.of('notifications/initialized').length > 1);
    t.equal(textOf(await modernCall(own, 'echo')), '{}');
    t.strictSame(cancelledAt(server), []);
  });
}
