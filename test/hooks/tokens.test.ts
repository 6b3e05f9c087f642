import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { buildApp } from '../../hooks/app.ts';
import { createLogger } from '../../hooks/log.ts';
import { createMetrics } from '../../hooks/metrics.ts';
import { acceptedTokens } from '../../hooks/tokens.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { until } from '../support/until.ts';
import { IMAGE } from './support/gateway-sync.ts';
import { gateway } from './support/objects.ts';

const payload = { parent: gateway() };

function mounted(t: Test, files: Record<string, string>) {
  const folder = new SecretFolder();
  folder.write(files);
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  const tokens = acceptedTokens(folder.path, logger, { recheckMs: 50 });
  t.teardown(() => {
    tokens.close();
    folder.remove();
  });
  return { folder, tokens, logger, lines };
}

function served(t: Test, files: Record<string, string>) {
  const parts = mounted(t, files);
  const { metrics, registry } = createMetrics();
  const { tokens, logger } = parts;
  const app = buildApp({ gatewayImage: IMAGE, fetchReports: async () => [], tokens, logger, metrics });
  t.teardown(() => app.close());
  const call = async (authorization?: string, url = '/registry/customize') =>
    app.inject({ method: 'POST', url, payload, headers: authorization === undefined ? {} : { authorization } });
  return { ...parts, app, registry, call };
}

t.test('a call shows one of the tokens, or is refused with what is wrong', async (t) => {
  const { call, lines, registry } = served(t, { current: 'first-token\n', next: '  second-token  ' });
  for (const good of ['Bearer first-token', 'bearer second-token', 'BEARER  first-token']) {
    t.equal((await call(good)).statusCode, 200, good);
  }
  const refused: [header: string | undefined, message: RegExp][] = [
    [undefined, /^The header Authorization is missing: expected "Bearer" and a token\.$/],
    ['', /of another scheme/],
    ['first-token', /of another scheme/],
    ['Basic first-token', /of another scheme/],
    ['Bearer', /of another scheme/],
    ['Bearer first-token second-token', /of another scheme/],
    ['Bearer first-toke', /none of those that the hooks accept/],
    ['Bearer first-token1', /none of those that the hooks accept/],
    ['Bearer FIRST-TOKEN', /none of those that the hooks accept/],
    ['Bearer current', /none of those that the hooks accept/],
  ];
  for (const [header, message] of refused) {
    const response = await call(header);
    t.equal(response.statusCode, 401, String(header));
    t.match(response.json<{ error: string }>().error, message);
    t.equal(response.headers['www-authenticate'], 'Bearer');
  }
  t.equal((await call(undefined, '/elsewhere')).statusCode, 401, 'nobody learns what else is there');
  t.match(
    await registry.metrics(),
    `fetchfy_hook_calls_total{hook="registry/customize",outcome="unauthorized"} ${refused.length}`,
  );
  const log = lines.join('');
  t.match(log, /A call of \/registry\/customize was refused: The header Authorization is missing/);
  t.notMatch(log, /(first|second)-toke/, 'no line holds a token, good or bad');
});

t.test('a token counts from the moment it is mounted, until it is gone', async (t) => {
  const { folder, call } = served(t, { old: 'old-token' });
  const untilStatus = (token: string, status: number) =>
    until(`${token} to be answered with ${status}`, async () => (await call(`Bearer ${token}`)).statusCode === status);
  t.equal((await call('Bearer new-token')).statusCode, 401);
  folder.write({ old: 'old-token', new: 'new-token' });
  await untilStatus('new-token', 200);
  t.equal((await call('Bearer old-token')).statusCode, 200, 'both count during a rotation');
  folder.write({ new: 'new-token' });
  await untilStatus('old-token', 401);
  t.equal((await call('Bearer new-token')).statusCode, 200);
});

for (const [what, files] of Object.entries({
  'a folder without files': {},
  'an empty file': { token: '' },
  'a file of white space': { token: ' \n' },
})) {
  t.test(`with ${what} every call is refused, and the log says why`, async (t) => {
    const { folder, call, lines } = served(t, files);
    for (const header of ['Bearer x', 'Bearer undefined', 'Bearer ']) {
      t.equal((await call(header)).statusCode, 401, header);
    }
    t.match((await call('Bearer x')).json(), {
      error: /The hooks hold no token to accept: FETCHFY_TOKEN_DIR has none/,
    });
    const warned = () => lines.filter((line) => line.includes('Every call is refused until'));
    t.equal(warned().length, 1, 'once, not at each look');
    folder.write({ token: 'a-token' });
    await until('the token', async () => (await call('Bearer a-token')).statusCode === 200);
  });
}

t.test('a folder that is not there refuses every call', async (t) => {
  const { logger, lines, folder } = mounted(t, { token: 'x' });
  const tokens = acceptedTokens(`${folder.path}/missing`, logger, { recheckMs: 50 });
  t.teardown(() => tokens.close());
  t.match(tokens.faultOf('Bearer x'), /hold no token/);
  t.match(lines.join(''), /The tokens cannot be read \(ENOENT\)\. Every call is refused/);
});

t.test('without a folder no token is asked for', async (t) => {
  const app = buildApp({ gatewayImage: IMAGE, fetchReports: async () => [] });
  t.equal((await app.inject({ method: 'POST', url: '/registry/customize', payload })).statusCode, 200);
});

t.test('a call without a token is answered before its body has come', async (t) => {
  const { app } = served(t, { token: 'a-token' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const head = [
    'POST /registry/sync HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    'Content-Length: 200000000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 401 /);
});
