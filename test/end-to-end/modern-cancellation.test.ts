/** Modern clients that go away: at every moment of a call, and what that costs anyone else. */
import { randomUUID } from 'node:crypto';
import { setImmediate as soon, setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { modernClient } from '../support/clients.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { modern, modernCall, modernRequest, open, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** When a client closes its connection; what it gives resolves when it has done so. */
type Moment = (answer: () => void, close: () => void) => Promise<void> | void;

const moments: Readonly<Record<string, Moment>> = {
  'before the server answers': async (answer, close) => {
    close();
    await soon();
    answer();
  },
  'in the moment in which it answers': (answer, close) => {
    close();
    answer();
  },
  'when it has just answered': (answer, close) => {
    answer();
    close();
  },
  'a turn later': async (answer, close) => {
    answer();
    await soon();
    close();
  },
  'a little later': async (answer, close) => {
    answer();
    await delay(1);
    close();
  },
  'when its answer begins': (answer) => answer(),
};

/** The client of the call that runs, as its server knows it. */
let run: (answer: () => void) => Promise<void> | void = (answer) => answer();

const tools: Readonly<Record<string, Script>> = {
  json: ({ response, message }) => run(() => json(response, textResult(message, 'for nobody'))),
  event: ({ response, message }) => {
    events(response);
    return run(() => void response.end(event(textResult(message, 'for nobody'))));
  },
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params?.arguments))),
};
const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
};
const gateway = await gatewayOf(t, upstreams);
const { url } = gateway;

/** Calls a tool and goes away. */
async function leave(tool: string, moment: Moment): Promise<void> {
  const abort = new AbortController();
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const close = (): void => {
    abort.abort();
    resolve();
  };
  run = (answer) => moment(answer, close);
  const request = modernRequest('tools/call', { name: tool, arguments: {} });
  const response = await open(url, { ...request, signal: abort.signal }).catch(() => undefined);
  // Its headers are there, and perhaps more.
  response?.on('error', () => undefined);
  if (!abort.signal.aborted && moment === moments['when its answer begins']) close();
  await left;
}

for (const [name, moment] of Object.entries(moments)) {
  t.test(`a client that closes its connection ${name} harms nobody`, async (t) => {
    for (let round = 0; round < 10; round++) {
      for (const server of Object.keys(upstreams)) {
        for (const tool of ['json', 'event']) {
          await leave(`${server}_${tool}`, moment);
          const next = textOf(await modernCall(url, `${server}_echo`, { round, tool }));
          if (next !== JSON.stringify({ round, tool })) t.fail(`the next call of ${server}: ${next}`);
        }
      }
    }
    t.notMatch(gateway.log(), /"level":"error"|Warning/);
  });
}

const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 's', version: '1' },
};

t.test('a call whose session is still being opened when its client goes away is never made', async (t) => {
  for (const [name, capabilities] of [
    ['shared', {}],
    ['own', { elicitation: {} }],
  ] as const) {
    let isHolding = false;
    const held: (() => void)[] = [];
    const initialize = ({ response, message }: Arrival): void => {
      const begin = (): void => {
        const session = randomUUID();
        server.sessions.add(session);
        response.setHeader('mcp-session-id', session);
        json(response, result(message, initialized));
      };
      if (isHolding) held.push(begin);
      else begin();
    };
    const server: ScriptedUpstream = await scriptedUpstream(t, { tools, methods: { initialize } });
    await gateway.publish([entryFor(server.url, { name })]);
    await until('its tools', async () => (await gateway.report()).services.some(({ toolCount }) => toolCount > 0));
    const [first] = server.sessions;

    isHolding = true;
    const abort = new AbortController();
    const meta = { [CAPABILITIES]: capabilities };
    const request = modernRequest('tools/call', { name: `${name}_json`, arguments: {} }, { meta });
    const leaving = open(url, { ...request, signal: abort.signal });
    await until('the session to be asked for', () => held.length === 1);
    abort.abort();
    await t.rejects(leaving);
    // The gateway has taken note of it when it has answered this.
    await modern(url, 'server/discover');
    isHolding = false;
    for (const begin of held) begin();

    const next = await modernCall(url, `${name}_echo`, { name }, { meta } as object);
    t.equal(textOf(next), JSON.stringify({ name }));
    t.strictSame(
      server.of('tools/call').map(({ message }) => message.params?.name),
      ['echo'],
      `in a session that is ${name}`,
    );
    const others = (): string[] => [...server.sessions].filter((session) => session !== first);
    await until('no session to be left behind', () => others().length <= 1, { state: others });
  }
});

t.test('an SDK client is told of the gateway’s end as a graceful one', async (t) => {
  const ending = await startGateway([entryFor(upstreams.modern.url, { name: 'modern' })]);
  const client = await modernClient(ending.url);
  t.teardown(() => client.close());
  const { closed } = await client.listen({ toolsListChanged: true });
  const code = ending.stop();
  t.equal(await closed, 'graceful');
  t.equal(await code, 0);
});
