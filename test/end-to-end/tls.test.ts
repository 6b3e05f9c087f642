import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { certificateAuthority, type Certificate } from '../support/certificates.ts';
import { answerOf, LegacySession, modernRequest, send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const authority = certificateAuthority();
const upstream = await scriptedUpstream(t, {
  era: 'modern',
  tools: { echo: ({ response, message }) => json(response, textResult(message, 'echo')) },
});
const echo = modernRequest('tools/call', { name: 'server_echo', arguments: {} });

function filesOf({ cert, key }: Certificate): Record<string, string> {
  return { 'tls.crt': cert, 'tls.key': key };
}

async function secureGateway(
  t: Test,
  files?: Record<string, string>,
): Promise<{ gateway: RunningGateway; secret: SecretFolder }> {
  const secret = new SecretFolder();
  if (files !== undefined) secret.write(files);
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })], {
    env: { FETCHFY_TLS_DIR: secret.path },
  });
  t.teardown(async () => {
    await gateway.stop();
    secret.remove();
  });
  return { gateway, secret };
}

/** Connects with TLS and gives the socket once it is secure. */
async function secured(url: string, maxVersion?: SecureVersion): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    ca: authority.cert,
    // OpenSSL itself refuses the older versions at its usual level.
    ...(maxVersion !== undefined && { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }),
  });
  socket.on('error', () => undefined);
  await Promise.race([
    once(socket, 'secureConnect'),
    once(socket, 'close').then(() => Promise.reject(new Error('closed'))),
  ]);
  return socket;
}

/** Resolves when the gateway serves this certificate. */
async function served({ url }: RunningGateway, { cert }: Certificate): Promise<void> {
  await until('the new certificate', async () => {
    const socket = await secured(url);
    const current = socket.getPeerX509Certificate()?.toString();
    socket.destroy();
    return current === cert;
  });
}

t.test('MCP is served over HTTPS, for both eras', async (t) => {
  const { gateway } = await secureGateway(t, filesOf(authority.issue('127.0.0.1')));
  t.match(gateway.url, /^https:/);
  t.match(answerOf(await send(gateway.url, { ...echo, ca: authority.cert })).result, { content: [{ text: 'echo' }] });
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { ca: authority.cert });
  t.equal((await session.call('server_echo')).error, undefined);
  const stream = await session.listen();
  t.equal(stream.status, 200);
  stream.close();
  t.strictSame((await gateway.report()).tls, {});
  t.equal(await gateway.stop(), 0);
});

t.test('TLS 1.2 and 1.3 are spoken, older versions and plain HTTP are not', async (t) => {
  const { gateway } = await secureGateway(t, filesOf(authority.issue('127.0.0.1')));
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await secured(gateway.url, version);
    t.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) await t.rejects(secured(gateway.url, version), version);
  await t.rejects(send(gateway.url.replace('https:', 'http:'), echo));
  t.equal((await send(gateway.url, { ...echo, ca: authority.cert })).status, 200);
});

t.test('a rotated certificate is taken up under constant calls, and none fails', async (t) => {
  const { gateway, secret } = await secureGateway(t, filesOf(authority.issue('127.0.0.1')));
  const over = new AbortController();
  const failures: unknown[] = [];
  let calls = 0;
  const client = async (keepAlive: boolean): Promise<void> => {
    const agent = new Agent({ keepAlive, maxSockets: 1, ca: authority.cert });
    while (!over.signal.aborted) {
      try {
        const answer = await send(gateway.url, { ...echo, agent });
        if (answerOf(answer).error !== undefined) failures.push(answer.text);
        calls++;
      } catch (error) {
        failures.push(error);
      }
    }
    agent.destroy();
  };
  // Some keep their connection, some make one for each call.
  const clients = [client(true), client(true), client(false)];
  for (let rotation = 0; rotation < 3; rotation++) {
    const next = authority.issue('127.0.0.1');
    const done = calls;
    secret.write(filesOf(next));
    await served(gateway, next);
    await until('more calls', () => calls > done + 20);
  }
  over.abort();
  await Promise.all(clients);
  t.strictSame(failures, []);
  t.comment(`${calls} calls`);
});

t.test('a connection that is open when the certificate rotates stays of use', async (t) => {
  const { gateway, secret } = await secureGateway(t, filesOf(authority.issue('127.0.0.1')));
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert });
  const port = async (): Promise<number | undefined> => {
    const request = httpsRequest(gateway.url, { method: 'POST', headers: echo.headers, agent });
    request.end(echo.body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { localPort } = response.socket;
    response.resume();
    await once(response, 'end');
    return localPort;
  };
  const before = await port();
  const next = authority.issue('127.0.0.1');
  secret.write(filesOf(next));
  await served(gateway, next);
  t.equal(await port(), before);
  agent.destroy();
});

t.test('a Secret that is missing, or broken, is reported and heals', async (t) => {
  const { gateway, secret } = await secureGateway(t);
  const reported = (what: string, pattern: RegExp | undefined): Promise<unknown> =>
    until(what, async () => {
      const error = (await gateway.report()).tls?.error;
      return pattern === undefined ? error === undefined : pattern.test(error ?? '');
    });
  await reported('the missing Secret', /certificate is missing.*tlsSecretRef/);
  await t.rejects(send(gateway.url, { ...echo, ca: authority.cert }), 'no handshake without a certificate');
  const readyz = (): Promise<Response> => fetch(new URL('/readyz', gateway.adminUrl));
  const unready = await readyz();
  t.equal(unready.status, 503, 'what can serve nobody is not ready');
  t.match(await unready.text(), /certificate is missing/);

  const good = authority.issue('127.0.0.1');
  secret.write(filesOf(good));
  await reported('the first certificate', undefined);
  await until('the gateway to be ready', async () => (await readyz()).ok);
  t.equal((await send(gateway.url, { ...echo, ca: authority.cert })).status, 200);

  secret.write({ 'tls.crt': good.cert, 'tls.key': authority.issue('other').key });
  await reported('the key of another', /tls.key does not fit/);
  t.equal((await send(gateway.url, { ...echo, ca: authority.cert })).status, 200, 'the last good one stays');
  t.ok((await readyz()).ok, 'and the gateway is ready as long as it has that');

  secret.write({ 'tls.crt': 'no certificate', 'tls.key': good.key });
  await reported('what is no certificate', /not a certificate in PEM/);
  t.equal((await send(gateway.url, { ...echo, ca: authority.cert })).status, 200);

  secret.write(filesOf(authority.issueExpired('127.0.0.1')));
  await reported('an expired certificate', /expired at/);
  secret.write(filesOf(authority.issue('127.0.0.1')));
  await reported('the last certificate', undefined);
  t.equal((await send(gateway.url, { ...echo, ca: authority.cert })).status, 200);
  t.notMatch(gateway.log(), 'PRIVATE KEY');
});
