/**
 * The client that the suite's scenarios for clients start, with the scenario's server as the argument. It puts a gateway
 * before that server and drives a client of the SDK against the gateway, so that the scenario judges what the gateway
 * sends.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { legacyClient } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** How long a client may take, in milliseconds; less than the suite grants it. */
const SCENARIO_MS = 20_000;

interface ToolCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

/** What each scenario wants a client to do; it throws if the client gets something else than the server sent. */
const scenarios: Readonly<Record<string, (url: string) => Promise<void>>> = {
  initialize: async (url) => {
    const client = await legacyClient(url);
    deepEqual((await client.listTools()).tools, []);
    await client.close();
  },
  tools_call: async (url) => {
    const isModern = process.env['MCP_CONFORMANCE_PROTOCOL_VERSION'] === '2026-07-28';
    const client = isModern ? await modernClient(url) : await legacyClient(url);
    await client.listTools();
    const result = await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } });
    equal(firstText(result), 'The sum of 5 and 3 is 8');
    await client.close();
  },
  'sse-retry': async (url) => {
    const client = await legacyClient(url);
    await client.listTools();
    const result = await client.callTool({ name: 'test_reconnection', arguments: {} });
    equal(firstText(result), 'Reconnection test completed successfully');
    await client.close();
  },
  'request-metadata': async (url) => {
    const client = await modernClient(url, { roots: {}, sampling: {}, elicitation: {} });
    await client.close();
  },
  'http-standard-headers': async (url) => {
    const client = await modernClient(url);
    for (const { name } of (await client.listTools()).tools) await client.callTool({ name, arguments: {} });
    for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
    await client.close();
  },
  'http-custom-headers': async (url) => {
    const { toolCalls } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as { toolCalls: ToolCall[] };
    const client = await modernClient(url);
    // The client reads from the list which arguments become headers.
    await client.listTools();
    for (const call of toolCalls) await client.callTool({ name: call.name, arguments: call.arguments });
    await client.close();
  },
  'http-invalid-tool-headers': async (url) => {
    const client = await modernClient(url);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    for (const name of names) await client.callTool({ name, arguments: { region: 'us-west1' } });
    deepEqual(names, ['valid_tool']);
    await client.close();
  },
  'json-schema-ref-no-deref': async (url) => {
    const client = await modernClient(url);
    equal((await client.listTools()).tools.length, 1);
    await client.close();
  },
  'sep-2322-client-request-state': async (url) => {
    const client = await modernClient(url, { elicitation: {} });
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirmed: true } }));
    const call = async (name: string): Promise<unknown> => firstText(await client.callTool({ name, arguments: {} }));
    equal(await call('test_mrtr_echo_state'), 'echo-state-ok');
    equal(await call('test_mrtr_no_state'), 'no-state-ok');
    equal(await call('test_mrtr_unrelated'), 'unrelated-ok');
    // A result without a type is complete to some clients and invalid to others; no client asks again.
    await call('test_mrtr_no_result_type').catch(() => undefined);
    await client.close();
  },
};

async function modernClient(url: string, capabilities = {}): Promise<ModernClient> {
  const versionNegotiation = { mode: { pin: '2026-07-28' } } as const;
  const client = new ModernClient({ name: 'fetchfy-test', version: '1' }, { capabilities, versionNegotiation });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

function firstText(result: unknown): unknown {
  return (result as { content: { text?: string }[] }).content[0]?.text;
}

/** The suite would kill only the shell around this process, and leave the gateway behind. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const tooLate = delay(ms, undefined, { ref: false }).then(() => {
    throw new Error(`The client was not done within ${ms / 1000} s.`);
  });
  await Promise.race([work, tooLate]);
}

/** A client that comes before the gateway has met the server is a test of its own. */
async function untilMet(gateway: RunningGateway): Promise<void> {
  await until(
    'the gateway to have met the server',
    async () => (await gateway.report()).services.every(({ state }) => state === 'Available'),
    { deadlineMs: 20_000, state: () => gateway.log() },
  );
}

const name = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const scenario = scenarios[name];
const server = process.argv[2];
if (scenario === undefined || server === undefined) throw new Error(`There is nothing to do for ${name} at ${server}.`);
const gateway = await startGateway([entryFor(server, { name: 'scenario' })]);
try {
  await untilMet(gateway);
  await within(SCENARIO_MS, scenario(`${gateway.url}/default/scenario`));
} catch (error) {
  console.error(error, `\nThe gateway's log:\n${gateway.log()}`);
  process.exitCode = 1;
} finally {
  await gateway.stop();
  // A client that was given up may still wait for something.
  process.exit();
}
