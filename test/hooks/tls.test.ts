import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { buildApp } from '../../hooks/app.ts';
import { silentLogger } from '../../hooks/log.ts';
import { tlsContext } from '../../mounts/tls.ts';
import { certificateAuthority, type Certificate } from '../support/certificates.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { until } from '../support/until.ts';
import { IMAGE } from './support/gateway-sync.ts';
import { gateway } from './support/objects.ts';

/** The name by which Metacontroller calls the hooks' Service, and which it therefore expects in the certificate. */
const NAME = 'fetchfy-hooks.fetchfy-system';

const files = ({ cert, key }: Certificate) => ({ 'tls.crt': cert, 'tls.key': key });

async function serve(t: Test, certificate: Certificate) {
  const folder = new SecretFolder();
  folder.write(files(certificate));
  const tls = tlsContext(folder.path, silentLogger, { secret: 'in FETCHFY_TLS_DIR', recheckMs: 50 });
  const app = buildApp({ gatewayImage: IMAGE, fetchReports: async () => [], tls });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    await app.close();
    tls.close();
    folder.remove();
  });
  return { folder, port: (app.server.address() as AddressInfo).port };
}

function call(port: number, authority: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: NAME, ca: authority, agent: false };
    const headers = { 'content-type': 'application/json' };
    request({ ...options, method: 'POST', path: '/registry/customize', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end(JSON.stringify({ parent: gateway() }));
  });
}

t.test('the hooks are called over HTTPS, with a certificate that is replaced while they serve', async (t) => {
  const [first, second] = [certificateAuthority('first'), certificateAuthority('second')];
  const { folder, port } = await serve(t, first.issue(NAME));
  t.equal(await call(port, first.cert), 200);
  await t.rejects(call(port, second.cert), 'who trusts another authority does not call');
  folder.write(files(second.issue(NAME)));
  await until('the second certificate', async () => (await call(port, second.cert)) === 200);
  t.equal(await call(port, first.cert + second.cert), 200, 'a bundle of both is good before and after');
});

t.test('plain HTTP is not answered', async (t) => {
  const { port } = await serve(t, certificateAuthority().issue(NAME));
  await t.rejects(fetch(`http://127.0.0.1:${port}/registry/customize`, { method: 'POST' }));
});
