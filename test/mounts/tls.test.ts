import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { tlsContext, type TlsContext } from '../../mounts/tls.ts';
import { createLogger } from '../../gateway/log.ts';
import { certificateAuthority, type Certificate } from '../support/certificates.ts';
import { until } from '../support/until.ts';

const ca = certificateAuthority();

interface Setup {
  readonly folder: string;
  readonly tls: TlsContext;
  readonly server: Server;
  readonly port: number;
  readonly lines: string[];
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a certificate as a kubelet does: a new folder, to which the link `..data` is moved. */
function mount(folder: string, files: Partial<Certificate>, version: string): void {
  mkdirSync(join(folder, `..${version}`));
  if (files.cert !== undefined) writeFileSync(join(folder, `..${version}`, 'tls.crt'), files.cert);
  if (files.key !== undefined) writeFileSync(join(folder, `..${version}`, 'tls.key'), files.key);
  symlinkSync(`..${version}`, join(folder, '..tmp'));
  renameSync(join(folder, '..tmp'), join(folder, '..data'));
  for (const name of ['tls.crt', 'tls.key']) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(join('..data', name), join(folder, name));
  }
}

async function serve(t: Test, folder: string): Promise<Setup> {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'json', write: (line) => lines.push(line) });
  const tls = tlsContext(folder, log, { secret: 'under the name in tlsSecretRef', recheckMs: 50 });
  const server = createServer(tls.options, (_request, response) => response.end('served'));
  tls.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    tls.close();
    server.closeAllConnections();
    server.close();
  });
  return { folder, tls, server, port: (server.address() as AddressInfo).port, lines };
}

/** The common name of the certificate that a new connection is shown. */
async function shown(port: number, maxVersion?: SecureVersion): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      {
        port,
        host: '127.0.0.1',
        ca: ca.cert,
        servername: 'gateway.test',
        // At its usual level OpenSSL would not even offer an old version.
        ...(maxVersion && { maxVersion, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

function named(name: string): Certificate {
  return ca.issue(name, 'gateway.test');
}

t.test('the certificate of the folder is served', async (t) => {
  const folder = temporaryFolder(t);
  mount(folder, named('first'), '1');
  const { port, tls } = await serve(t, folder);
  t.equal(await shown(port), 'first');
  t.strictSame(tls.status(), {});
});

t.test('TLS 1.1 is refused, 1.2 is served, also after a rotation', async (t) => {
  const folder = temporaryFolder(t);
  mount(folder, named('first'), '1');
  const { port } = await serve(t, folder);
  await t.rejects(shown(port, 'TLSv1.1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  t.equal(await shown(port, 'TLSv1.2'), 'first');
  mount(folder, named('second'), '2');
  await until('the second certificate', async () => (await shown(port)) === 'second');
  await t.rejects(shown(port, 'TLSv1.1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  t.equal(await shown(port, 'TLSv1.2'), 'second');
});

t.test('a rotated certificate is taken up, and connections that are open stay', async (t) => {
  const folder = temporaryFolder(t);
  mount(folder, named('first'), '1');
  const { port } = await serve(t, folder);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.cert, servername: 'gateway.test' });
  t.teardown(() => agent.destroy());
  const localPort = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, (response) => {
        const used = response.socket.localPort;
        response.resume().on('end', () => resolve(used));
      }).on('error', reject);
    });
  const before = await localPort();
  mount(folder, named('second'), '2');
  await until('the second certificate', async () => (await shown(port)) === 'second');
  t.equal(await localPort(), before);
});

t.test('without a certificate handshakes fail and the fault is told; it heals by itself', async (t) => {
  const folder = join(temporaryFolder(t), 'later');
  const { port, tls, lines } = await serve(t, folder);
  await t.rejects(shown(port));
  t.notOk(tls.isUsable);
  t.match(tls.status().error, /certificate is missing: there is no tls\.crt\. Expected a Secret.*tlsSecretRef/);
  mkdirSync(folder);
  mount(folder, named('first'), '1');
  await until('the certificate', async () => (await shown(port)) === 'first');
  t.strictSame(tls.status(), {});
  t.ok(tls.isUsable);
  t.equal(lines.filter((line) => line.includes('missing')).length, 1);
});

const good = named('first');
const broken: [what: string, files: Partial<Certificate>, message: RegExp][] = [
  ['a certificate that is none', { ...good, cert: 'hello' }, /tls\.crt is not a certificate in PEM/],
  ['a key that is none', { ...good, key: 'hello' }, /tls\.key does not fit/],
  ["another certificate's key", { ...good, key: named('other').key }, /tls\.key does not fit/],
  ['a key that is gone', { cert: good.cert }, /there is no tls\.key/],
];
for (const [what, files, message] of broken) {
  t.test(`${what} leaves the last good one in use and is told`, async (t) => {
    const folder = temporaryFolder(t);
    mount(folder, good, '1');
    const { port, tls, lines } = await serve(t, folder);
    mount(folder, files, '2');
    await until('the fault', () => message.test(tls.status().error ?? ''), { state: () => tls.status() });
    t.equal(await shown(port), 'first');
    mount(folder, named('second'), '3');
    await until('the second certificate', async () => (await shown(port)) === 'second');
    t.strictSame(tls.status(), {});
    const secret = good.key.split('\n')[1] ?? 'no key';
    t.notOk(lines.join('').includes(secret), 'no line holds the key');
  });
}

t.test('an expired certificate is told although it is served', async (t) => {
  const folder = temporaryFolder(t);
  mount(folder, ca.issueExpired('first', 'gateway.test'), '1');
  const { tls, server } = await serve(t, folder);
  t.match(tls.status().error, /certificate expired at \d{4}-.*renewed tls\.crt/);
  t.ok(server.listening);
});
