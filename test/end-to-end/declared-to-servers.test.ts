/** What servers are told that they can ask for, in `initialize` as it arrives (2025-11-25, Lifecycle, Capability Negotiation). */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, 'x')),
};
const capabilities = { tools: {}, resources: { subscribe: true } };
const server = await scriptedUpstream(t, { tools, capabilities });
const other = await scriptedUpstream(t, { tools, capabilities });
const recent = await scriptedUpstream(t, { tools, era: 'modern' });
const gateway = await gatewayOf(t, { server, other, recent });

/** The capabilities in the sessions that are opened in the course of something. */
async function declaredBy(act: () => Promise<unknown>): Promise<unknown[]> {
  const before = server.of('initialize').length;
  await act();
  return server
    .of('initialize')
    .slice(before)
    .map(({ message }) => message.params?.['capabilities']);
}

/** What a client declares, and what a legacy server is told amid a modern client’s call: that era has no news of roots. */
const declarations: Readonly<Record<string, readonly [object, object]>> = {
  'roots, with their changes': [{ roots: { listChanged: true } }, { roots: {} }],
  'roots without changes': [{ roots: {} }, { roots: {} }],
  'sampling alone': [{ sampling: {} }, { sampling: {} }],
  'sampling with tools and context': [
    { sampling: { tools: {}, context: {} } },
    { sampling: { tools: {}, context: {} } },
  ],
  'elicitation without a mode': [{ elicitation: {} }, { elicitation: {} }],
  'elicitation by form': [{ elicitation: { form: {} } }, { elicitation: { form: {} } }],
  'elicitation by URL': [{ elicitation: { url: {} } }, { elicitation: { url: {} } }],
  'elicitation by both': [{ elicitation: { form: {}, url: {} } }, { elicitation: { form: {}, url: {} } }],
  'all of it': [
    { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } },
    { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: {} },
  ],
  nothing: [{}, {}],
};

t.test('a legacy client’s capabilities are declared to a server in its session as they are', async (t) => {
  for (const [name, [declared]] of Object.entries(declarations)) {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { ...declared } });
    const arrived = await declaredBy(() => session.call('server_echo'));
    t.strictSame(arrived, [declared], name);
  }
});

t.test(
  'of a modern client’s capabilities is declared what its call can be asked, roots without their changes',
  async (t) => {
    for (const [name, [declared, expected]] of Object.entries(declarations)) {
      const meta = {
        'io.modelcontextprotocol/clientCapabilities': { ...declared, extensions: { 'example.com/x': {} } },
      };
      const call = { name: 'server_echo', arguments: {} };
      // Sessions that declare nothing are shared.
      const opened = async (): Promise<unknown[]> =>
        (await declaredBy(() => modern(gateway.url, 'tools/call', call, { meta }))).filter(
          (one) => Object.keys(one as object).length > 0,
        );
      if (name === 'roots without changes') {
        // A session rests for a moment after its call: until then the next opens another.
        await until('a session that fits to be used again', async () => (await opened()).length === 0);
      } else t.strictSame(await opened(), name === 'nothing' ? [] : [expected], name);
    }
  },
);

t.test('what the gateway itself asks a server, it asks in sessions that declare nothing', async (t) => {
  const late = await scriptedUpstream(t, { tools, capabilities });
  await gateway.publish([entryFor(late.url, { name: 'late' })]);
  await until('its lists', () => late.of('tools/list').length > 0);
  const [initialize] = late.of('initialize');
  t.strictSame(initialize?.message.params?.['capabilities'], {});
  t.match(initialize?.message.params?.['clientInfo'], { name: 'fetchfy' });
});
