import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import { certificateAuthority } from '../support/certificates.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../hooks/main.ts');
const environment = {
  FETCHFY_GATEWAY_IMAGE: 'fetchfy:1',
  FETCHFY_LISTEN: '127.0.0.1:0',
  FETCHFY_ADMIN_LISTEN: '127.0.0.1:0',
};

function start(t: Test, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...env } });
  t.teardown(() => child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exit };
}

t.test('--help and --version say what it is, and end', async (t) => {
  const help = start(t, ['--help']);
  t.equal(await help.exit, 0);
  t.match(help.output.stdout, /^fetchfy-hooks \d+\.\d+\.\d+\n[^]*FETCHFY_GATEWAY_IMAGE/);
  const version = start(t, ['--version']);
  t.equal(await version.exit, 0);
  t.match(version.output.stdout, /^fetchfy-hooks \d+\.\d+\.\d+\n$/);
});

t.test('an unknown argument or a wrong environment ends it with 2 and a sentence', async (t) => {
  const argument = start(t, ['serve']);
  t.equal(await argument.exit, 2);
  t.match(argument.output.stderr, 'Unknown argument "serve"');
  const wrong = start(t, [], { ...environment, FETCHFY_GATEWAY_IMAGE: '' });
  t.equal(await wrong.exit, 2);
  t.match(wrong.output.stderr, /^FETCHFY_GATEWAY_IMAGE is not set; expected .*\n$/);
});

t.test('it serves hooks and probes until SIGTERM, and then ends with 0', async (t) => {
  const { child, output, exit } = start(t, [], environment);
  const line = await until('it listens', () => output.stdout.split('\n').find((text) => text.includes('listen')), {
    deadlineMs: 20_000,
    state: () => output,
  });
  const { address, adminAddress } = JSON.parse(line) as { address: string; adminAddress: string };
  t.equal((await fetch(`${adminAddress}/readyz`)).status, 200);
  const response = await fetch(`${address}/registry/customize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ parent: { apiVersion: 'a', kind: 'b', metadata: { name: 'main', namespace: 'tools' } } }),
  });
  t.match(await response.json(), { relatedResources: [{ resource: 'services' }] });
  child.kill('SIGTERM');
  t.equal(await exit, 0);
  t.match(output.stdout, 'Ending on SIGTERM.');
});

t.test('a port that is taken ends it with the reason', async (t) => {
  const first = start(t, [], environment);
  const line = await until(
    'it listens',
    () => first.output.stdout.split('\n').find((text) => text.includes('listen')),
    {
      deadlineMs: 20_000,
    },
  );
  const { address } = JSON.parse(line) as { address: string };
  const second = start(t, [], { ...environment, FETCHFY_LISTEN: address.replace('http://', '') });
  t.equal(await second.exit, 2);
  t.match(second.output.stderr, /^FETCHFY_LISTEN: .*EADDRINUSE.*; expected an address that is free\.\n$/);
});

t.test(
  'with folders for a certificate and tokens it serves HTTPS to who shows a token; not ready before there is a certificate',
  async (t) => {
    const authority = certificateAuthority();
    const [certificates, tokens] = [new SecretFolder(), new SecretFolder()];
    t.teardown(() => [certificates, tokens].forEach((folder) => folder.remove()));
    tokens.write({ token: 'a-token' });
    const folders = { FETCHFY_TLS_DIR: certificates.path, FETCHFY_TOKEN_DIR: tokens.path };
    const { child, output, exit } = start(t, [], { ...environment, ...folders });
    const line = await until('it listens', () => output.stdout.split('\n').find((text) => text.includes('listen')), {
      deadlineMs: 20_000,
      state: () => output,
    });
    const { address, adminAddress } = JSON.parse(line) as { address: string; adminAddress: string };
    t.match(address, /^https:/);
    const ready = async () => (await fetch(`${adminAddress}/readyz`)).status;
    t.equal(await ready(), 503);
    t.match(output.stdout, /The TLS certificate is missing: there is no tls\.crt\./);

    const { cert, key } = authority.issue('fetchfy-hooks.fetchfy-system');
    certificates.write({ 'tls.crt': cert, 'tls.key': key });
    await until('it is ready', async () => (await ready()) === 200);
    const agent = new Agent({ connect: { ca: authority.cert, servername: 'fetchfy-hooks.fetchfy-system' } });
    t.teardown(() => agent.close());
    const statusWith = async (headers: Record<string, string>) => {
      const response = await request(`${address}/registry/customize`, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          parent: { apiVersion: 'a', kind: 'b', metadata: { name: 'main', namespace: 'tools' } },
        }),
      });
      await response.body.dump();
      return response.statusCode;
    };
    t.equal(await statusWith({}), 401);
    t.equal(await statusWith({ authorization: 'Bearer a-token' }), 200);
    child.kill('SIGTERM');
    t.equal(await exit, 0);
  },
);
