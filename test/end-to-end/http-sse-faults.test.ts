import t, { type Test } from 'tap';
import { clientOf, type TestClient } from '../support/clients.ts';
import { LegacySession, modernCall, send, type RpcAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { httpSseScripted, type HttpSseScript } from '../support/servers/http-sse-scripted.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { startServer, type RunningServer, type StartOptions } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const PATH = '/sse';

async function start(t: Test, program: 'http-sse' | 'legacy' | 'modern', options: StartOptions = {}) {
  const server = await startServer(program, options);
  t.teardown(() => server.stop());
  return server;
}

async function gatewayOf(t: Test, target: string): Promise<RunningGateway> {
  const gateway = await startGateway([entryFor(`http://${target}${PATH}`, { name: 'old' })], {
    // What a client leaves behind must not hold up the next test.
    env: { FETCHFY_DRAIN_TIMEOUT: '1s' },
  });
  t.teardown(() => gateway.stop());
  return gateway;
}

/** What the gateway reports of its one server. */
async function stateOf(gateway: RunningGateway) {
  return (await gateway.report()).services[0];
}

async function available(gateway: RunningGateway): Promise<void> {
  await until('the server', async () => (await stateOf(gateway))?.state === 'Available', {
    deadlineMs: 15_000,
    state: () => gateway.log(),
  });
}

/** A scripted server behind a gateway of its own. */
async function scripted(t: Test, script: HttpSseScript = {}) {
  const server = await httpSseScripted(t, script);
  const gateway = await gatewayOf(t, server.target);
  return { server, gateway, url: `${gateway.url}/default/old` };
}

const firstText = (result: unknown): unknown => (result as { content: { text?: string }[] }).content[0]?.text;
const pidOf = (text: unknown): number => (JSON.parse(String(text)) as { pid: number }).pid;

t.test('a server that is restarted is used on by clients of both eras as if nothing were', async (t) => {
  const server = await start(t, 'http-sse');
  const gateway = await gatewayOf(t, server.target);
  const clients: TestClient[] = [await clientOf.legacy(gateway.url), await clientOf.modern(gateway.url)];
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  const pids = async () =>
    Promise.all(
      clients.map(async (client) =>
        pidOf(firstText(await client.callTool({ name: 'old_who_answers', arguments: {} }))),
      ),
    );
  t.same(await pids(), [server.pid, server.pid]);
  await server.stop();
  const next = await start(t, 'http-sse', { port: server.port });
  t.same(await pids(), [next.pid, next.pid], 'at once, without waiting for the gateway to notice');
  await available(gateway);
});

t.test('streams that break between calls go unnoticed', async (t) => {
  const server = await start(t, 'http-sse');
  const gateway = await gatewayOf(t, server.target);
  const client = await clientOf.legacy(`${gateway.url}/default/old`);
  t.teardown(() => client.close());
  const call = async () => firstText(await client.callTool({ name: 'echo', arguments: { text: 'still' } }));
  t.equal(await call(), 'still');
  for (let i = 0; i < 3; i++) {
    await send(`http://${server.target}/drop`);
    await until('the streams to be gone', async () => {
      const counts = JSON.parse((await send(`http://${server.target}/counts`, { method: 'GET' })).text) as {
        sessions: number;
      };
      // The gateway's own is there again soon.
      return counts.sessions <= 1;
    });
    t.equal(await call(), 'still');
  }
});

for (const how of ['end', 'destroy'] as const) {
  t.test(`a stream that dies in mid-call (${how}) fails the call at once, naming the server`, async (t) => {
    let diedAt = 0;
    const { gateway, server, url } = await scripted(t, {
      methods: {
        'tools/call': ({ message, stream, result }) => {
          if (message.params?.name === 'well') return result({ content: [] });
          diedAt = performance.now();
          stream[how]();
        },
      },
    });
    const session = await LegacySession.begin(url);
    const ways: Record<string, (name: string) => Promise<RpcAnswer>> = {
      legacy: (name) => session.call(name),
      modern: (name) => modernCall(url, name),
    };
    for (const [era, call] of Object.entries(ways)) {
      const { error } = await call('dies');
      const tookMs = performance.now() - diedAt;
      t.match(error?.message, /^Server default\/old broke off before its answer \(its stream of events /, era);
      t.match(error?.data, { server: 'default/old' });
      t.ok(tookMs < 100, `${era}: ${tookMs.toFixed(1)} ms`);
      t.same((await call('well')).result?.['content'], [], `${era}: the next call has a session again`);
    }
    t.equal(server.of('tools/call').length, 4, 'nothing was sent twice');
    await available(gateway);
  });
}

t.test('a server that no longer knows a session whose stream still stands gets another', async (t) => {
  let forgotten = 0;
  const { server, url } = await scripted(t, {
    keepsPost: ['tools/call'],
    methods: {
      'tools/call': ({ response, result }) => {
        if (forgotten++ < 1) return void response.writeHead(404).end('Could not find session');
        response.writeHead(202).end();
        result({ content: [] });
      },
    },
  });
  const session = await LegacySession.begin(url);
  t.same((await session.call('ask')).result, { content: [] });
  t.equal(server.of('tools/call').length, 2);
});

t.test('a server that refuses a message is told as such, and its session stays', async (t) => {
  const { server, url } = await scripted(t, {
    keepsPost: ['tools/call'],
    methods: { 'tools/call': ({ response }) => void response.writeHead(400).end('Could not parse message') },
  });
  const session = await LegacySession.begin(url);
  const { error } = await session.call('ask');
  t.match(error?.message, /^Server default\/old answered HTTP 400/);
  const opened = server.opened;
  t.match((await session.call('ask')).error?.message, /answered HTTP 400/);
  t.equal(server.opened, opened, 'no other session was needed');
});

const wrong: Readonly<Record<string, { readonly script: HttpSseScript; readonly says: RegExp }>> = {
  'names something else than a URI of HTTP in its endpoint': {
    script: { endpoint: () => 'mailto:elsewhere.example' },
    says: /^The event "endpoint" carries "mailto:elsewhere.example", which is no URI of HTTP/,
  },
  'never says where messages go': {
    script: { endpoint: () => undefined },
    says: /^GET \/sse brought no event "endpoint" within 5000 ms\.$/,
  },
  'takes POSTs nowhere and has no stream': {
    script: { get: (response) => void response.writeHead(404).end() },
    says: /^Nothing speaks MCP at the path \/sse/,
  },
};
for (const [what, { script, says }] of Object.entries(wrong)) {
  t.test(`a server that ${what} is reported, and its calls are refused`, async (t) => {
    const { gateway, url } = await scripted(t, script);
    const reported = await until(
      'the report',
      async () => {
        const state = await stateOf(gateway);
        return state?.state === 'Unavailable' && state;
      },
      { deadlineMs: 10_000, state: () => gateway.log() },
    );
    t.match(reported, { message: says });
    const { error } = await (await LegacySession.begin(url)).call('ask');
    t.match(error?.message, /^Server default\/old cannot be called: /);
    t.match(error?.message.slice('Server default/old cannot be called: '.length), says);
  });
}

t.test('a server that is replaced by a newer one is spoken to as such, and back', async (t) => {
  const old = await start(t, 'http-sse');
  const gateway = await gatewayOf(t, old.target);
  const clients: Readonly<Record<string, TestClient>> = {
    legacy: await clientOf.legacy(gateway.url),
    modern: await clientOf.modern(gateway.url),
  };
  t.teardown(() => Promise.all(Object.values(clients).map((client) => client.close())));
  let running: RunningServer = old;
  for (const program of ['legacy', 'http-sse', 'modern', 'http-sse'] as const) {
    for (const client of Object.values(clients)) await client.callTool({ name: 'old_echo', arguments: { text: '' } });
    await running.stop();
    running = await start(t, program, { port: old.port });
    for (const [era, client] of Object.entries(clients)) {
      const pid = () =>
        client
          .callTool({ name: 'old_who_answers', arguments: {} })
          .then((result) => pidOf(firstText(result)))
          .catch((error: Error) => error.message);
      const answered = await until(`${program} to answer`, async () => (await pid()) === running.pid, {
        deadlineMs: 15_000,
        state: () => gateway.log(),
      });
      t.ok(answered, `${program} answers a ${era} client`);
    }
  }
});
