/** That the audit's lines reach standard output, whoever reads it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { auditLines, traced } from '../support/audit-lines.ts';
import { modernCall } from '../support/mcp-http.ts';
import { entryFor, RegistryFolder } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { gatewayEnvironment, gatewayMain, startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const shop = await scriptedUpstream(t, {
  tools: { get: ({ response, message }) => json(response, textResult(message, 'said')) },
});
const services = [entryFor(shop.url, { name: 'shop' })];
const policy = { hosts: [], audit: { mode: 'All', arguments: true } } as const;

t.test('standard output that nobody reads holds up no request, and what is dropped is told', async (t) => {
  const folder = new RegistryFolder();
  folder.write(services, { policy });
  const env = gatewayEnvironment(folder.path);
  const child = spawn(process.execPath, [gatewayMain], { stdio: ['ignore', 'pipe', 'inherit'], env });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    folder.remove();
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const started = await until('it to listen', () => /\{.*"adminUrl":.*\}/.exec(output)?.[0], { state: () => output });
  const unread = JSON.parse(started) as { url: string; adminUrl: string };
  await until('the server', async () => (await modernCall(unread.url, 'shop_get')).error === undefined);
  child.stdout.pause();
  const metric = async (): Promise<number> => {
    const text = await (await fetch(new URL('/metrics', unread.adminUrl))).text();
    return Number(/^fetchfy_dropped_audit_line_count (\d+)$/m.exec(text)?.[1]);
  };
  const args = { list: Array.from({ length: 2000 }, (_, i) => i) };
  let calls = 0;
  await until(
    'lines to be dropped',
    async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => modernCall(unread.url, 'shop_get', args)));
      calls += answers.filter(({ error }) => error === undefined).length;
      return (await metric()) > 0;
    },
    { deadlineMs: 60_000, state: () => calls },
  );
  t.ok(calls > 900, `${calls} calls`);
  child.stdout.resume();
  const told = (): number =>
    auditLines(output).reduce((sum, { dropped }) => sum + (typeof dropped === 'number' ? dropped : 0), 0);
  await until('lines that tell', async () => {
    await modernCall(unread.url, 'shop_get');
    return told() > 0 && told() === (await metric());
  });
  for (const line of output.trimEnd().split('\n').slice(0, -1)) t.doesNotThrow(() => JSON.parse(line));
});

t.test('at the end of the process no line is missing', async (t) => {
  await using gateway = await startGateway(services, { registry: { policy } });
  const calls = Array.from({ length: 200 }, () => traced());
  await Promise.all(calls.map((options) => modernCall(gateway.url, 'shop_get', {}, options)));
  t.equal(await gateway.stop(), 0);
  const written = new Set(auditLines(gateway.log()).map(({ traceId }) => traceId));
  t.strictSame(
    calls.filter(({ traceId }) => !written.has(traceId)),
    [],
  );
});
