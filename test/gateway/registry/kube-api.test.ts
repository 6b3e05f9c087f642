import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { inClusterApi } from '../../../gateway/registry/in-cluster.ts';
import { openKubeApi } from '../../../gateway/registry/kube-api.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';
import { scriptedKubeApi, type ScriptedKubeApi } from '../../support/scripted-kube-api.ts';
import { observed, publish, sees, seesFault } from './published.ts';

const ca = certificateAuthority();

function serviceAccount(t: Test, token: string): { folder: string; rotate: (token: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-account-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const rotate = (next: string): void => writeFileSync(join(folder, 'token'), `${next}\n`);
  writeFileSync(join(folder, 'ca.crt'), ca.cert);
  rotate(token);
  return { folder, rotate };
}

async function startTlsApi(t: Test, host: string, ...names: string[]): Promise<ScriptedKubeApi> {
  const api = await scriptedKubeApi({ host, tls: ca.issue(...names) });
  t.teardown(() => api.stop());
  return api;
}

for (const host of ['127.0.0.1', '::1']) {
  t.test(`a pod's credentials reach an API server on ${host}`, async (t) => {
    const api = await startTlsApi(t, host, host);
    const account = serviceAccount(t, 'first');
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: new URL(api.url).port };
    publish(api, registryParts([entry('cart')]));
    const options = inClusterApi(env, account.folder);
    t.equal(options?.url, api.url);
    await sees(observed(t, api, options === undefined ? {} : { api: options }), 'cart');
    t.ok(api.requests.every((request) => request.authorization === 'Bearer first'));
  });
}

t.test('a rotated token is used from the next call on', async (t) => {
  const api = await startTlsApi(t, '127.0.0.1', '127.0.0.1');
  const account = serviceAccount(t, 'first');
  const { folder } = account;
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api, {
    api: { url: api.url, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
  });
  await sees(observer, 'cart');
  account.rotate('second');
  publish(api, registryParts([entry('stock')]));
  await sees(observer, 'stock');
  t.equal(api.requests.at(-1)?.authorization, 'Bearer second');
});

t.test('an API server with a certificate of another authority is not spoken to', async (t) => {
  const api = await scriptedKubeApi({ tls: certificateAuthority('another').issue('127.0.0.1') });
  t.teardown(() => api.stop());
  const { folder } = serviceAccount(t, 'first');
  const observer = observed(t, api, {
    api: { url: api.url, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
  });
  await seesFault(observer, /does not answer: .*certificate/);
  t.strictSame(api.requests, []);
});

t.test('a certificate authority that is exchanged on disk is used for the next connection', async (t) => {
  const other = certificateAuthority('another');
  const api = await scriptedKubeApi({ tls: other.issue('127.0.0.1') });
  t.teardown(() => api.stop());
  const { folder } = serviceAccount(t, 'first');
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api, { api: { url: api.url, caFile: join(folder, 'ca.crt') } });
  await seesFault(observer, /certificate/);
  writeFileSync(join(folder, 'ca.crt'), other.cert);
  await sees(observer, 'cart');
});

t.test('a missing token or certificate authority is a fault that names the file', async (t) => {
  const api = await startTlsApi(t, '127.0.0.1', '127.0.0.1');
  await seesFault(observed(t, api, { api: { url: api.url, caFile: '/nowhere/ca.crt' } }), /\/nowhere\/ca\.crt/);
  await seesFault(observed(t, api, { api: { url: api.url, tokenFile: '/nowhere/token' } }), /\/nowhere\/token/);
});

t.test('a refusal keeps the status and what the server asked to wait', async (t) => {
  const api = await scriptedKubeApi();
  t.teardown(() => api.stop());
  api.script = () => ({ status: 403, body: { message: 'forbidden: no Role' } });
  const client = await openKubeApi({ url: api.url });
  t.teardown(() => client.close());
  await t.rejects(client.get('tools', 'x', AbortSignal.timeout(5000)), {
    code: 'ERR_KUBE_API',
    status: 403,
    message: /answered 403 to \/api\/v1\/namespaces\/tools\/configmaps\/x: forbidden: no Role\. Expected: the Role/,
  });
});
