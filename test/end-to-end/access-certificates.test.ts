import { Agent } from 'node:https';
import type { SecureVersion, TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import type { AccessRule, AuthMethod } from '../../gateway/contract/access-policy.ts';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { certificateAuthority, type Certificate } from '../support/certificates.ts';
import { answerOf, LegacySession, modern, modernRequest, open } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const servers = certificateAuthority('CA of servers');
const clients = certificateAuthority('CA of clients');
const next = certificateAuthority('next CA of clients');
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const upstream = await scriptedUpstream(t, { tools: { get: says, set: says } });
const services = [entryFor(upstream.url, { name: 'server' })];

const rules: readonly AccessRule[] = [
  { name: 'agents', effect: 'Allow', from: [{ certificates: ['spiffe://cluster/*'] }] },
  {
    name: 'hosts',
    effect: 'Allow',
    from: [{ certificates: ['host.example.com', 'ada@example.com', 'ada'] }],
    to: [{ tools: ['get'] }],
  },
  { name: 'others', effect: 'Allow', from: [{ anonymous: true }], to: [{ tools: ['set'] }] },
];

interface Setup {
  readonly gateway: RunningGateway;
  readonly ca: SecretFolder;
  readonly tls: SecretFolder;
}

async function setup(t: Test, methods: readonly AuthMethod[] = [{ clientCertificate: {} }]): Promise<Setup> {
  const ca = new SecretFolder();
  const tls = new SecretFolder();
  ca.write({ 'ca.crt': clients.cert });
  tls.write(filesOf(servers.issue('127.0.0.1')));
  const policy: RegistryPolicy = { hosts: [], auth: { methods } };
  const gateway = await startGateway(services, {
    registry: { policy, rules },
    env: { FETCHFY_TLS_DIR: tls.path, FETCHFY_CLIENT_CA_DIR: ca.path },
  });
  t.teardown(async () => {
    await gateway.stop();
    ca.remove();
    tls.remove();
  });
  return { gateway, ca, tls };
}

function filesOf({ cert, key }: Certificate): Record<string, string> {
  return { 'tls.crt': cert, 'tls.key': key };
}

/** The connections of a client that shows a certificate. */
function agentOf(t: Test, certificate: Certificate | undefined, keepAlive = false, maxVersion?: SecureVersion): Agent {
  const agent = new Agent({ ca: servers.cert, keepAlive, ...certificate, ...(maxVersion && { maxVersion }) });
  t.teardown(() => agent.destroy());
  return agent;
}

async function tools({ url }: RunningGateway, agent: Agent): Promise<string[] | number> {
  const answer = await modern(url, 'tools/list', {}, { agent });
  if (answer.status !== 200) return answer.status;
  const { tools } = answerOf(answer).result as { tools: { name: string }[] };
  return tools.map(({ name }) => name);
}

const both = ['server_get', 'server_set'];
const identities: Readonly<Record<string, readonly [Certificate, string[] | number]>> = {
  'a URI': [clients.issue('spiffe://cluster/ns/tools/sa/agent'), both],
  'a URI behind others': [clients.issue('other.example.com', 'x@example.com', 'spiffe://cluster/a'), both],
  'a URI that no rule means': [clients.issue('spiffe://elsewhere/a', 'host.example.com'), []],
  'a DNS name': [clients.issue('host.example.com', 'second.example.com'), ['server_get']],
  'a DNS name that is not the first': [clients.issue('second.example.com', 'host.example.com'), []],
  'an e-mail address': [clients.issue('ada@example.com'), ['server_get']],
  'a common name': [clients.issueNamed('ada'), ['server_get']],
  'a common name that looks like a URI': [clients.issueNamed('spiffe://cluster/a'), 401],
  'a DNS name with a URI within': [clients.issue('a, URI:spiffe:cluster'), []],
  'an address alone': [clients.issue('127.0.0.1'), 401],
};

t.test('a certificate says whose a request is', async (t) => {
  const { gateway } = await setup(t);
  for (const [name, [certificate, expected]] of Object.entries(identities)) {
    t.strictSame(await tools(gateway, agentOf(t, certificate)), expected, name);
  }
  t.equal(await tools(gateway, agentOf(t, undefined)), 401, 'none');
});

t.test('a certificate of another CA, and one that has expired, make no connection', async (t) => {
  const { gateway } = await setup(t, [{ clientCertificate: {} }, { anonymous: {} }]);
  for (const bad of [
    next.issue('spiffe://cluster/a'),
    clients.issueExpired('spiffe://cluster/a'),
    servers.issue('spiffe://cluster/a'),
  ]) {
    await t.rejects(tools(gateway, agentOf(t, bad)));
  }
  t.strictSame(await tools(gateway, agentOf(t, undefined)), ['server_set'], 'who shows none is anonymous');
});

t.test('without the method certificates are verified and say nothing', async (t) => {
  const { gateway } = await setup(t, [{ anonymous: {} }]);
  t.strictSame(await tools(gateway, agentOf(t, clients.issue('spiffe://cluster/a'))), ['server_set']);
  await t.rejects(tools(gateway, agentOf(t, next.issue('spiffe://cluster/a'))));
});

t.test('a certificate that expires counts no more on a connection that is open', async (t) => {
  const { gateway } = await setup(t);
  const agent = agentOf(t, clients.issueUntil(Math.ceil(Date.now() / 1000) * 1000 + 3000, 'spiffe://cluster/a'), true);
  t.strictSame(await tools(gateway, agent), both);
  await until('the certificate to expire', async () => (await tools(gateway, agent)) === 401);
});

t.test('a session is of the certificate that began it', async (t) => {
  const { gateway } = await setup(t);
  const ada = await LegacySession.begin(gateway.url, '2025-11-25', {
    agent: agentOf(t, clients.issue('spiffe://cluster/ada')),
  });
  t.equal((await ada.call('server_get')).error, undefined);
  const renewed = agentOf(t, clients.issue('spiffe://cluster/ada'));
  t.equal(
    (await ada.call('server_get', {}, { agent: renewed })).error,
    undefined,
    'a renewed certificate is the same caller',
  );
  const bob = agentOf(t, clients.issue('spiffe://cluster/bob'));
  t.equal((await ada.request('tools/list', {}, { agent: bob })).status, 404);
});

/** Callers that call all the time, each with a certificate, on connections that it keeps or not. */
function callersOf(t: Test, { url }: RunningGateway, ...certificates: readonly Certificate[]) {
  const over = new AbortController();
  t.teardown(() => over.abort());
  const failures: unknown[] = [];
  let calls = 0;
  const caller = async (certificate: Certificate, keepAlive: boolean): Promise<void> => {
    const agent = agentOf(t, certificate, keepAlive);
    while (!over.signal.aborted) {
      try {
        const answer = await modern(url, 'tools/call', { name: 'server_get', arguments: {} }, { agent });
        if (answerOf(answer).error !== undefined) failures.push(answer.text);
        calls++;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const callers = certificates.flatMap((certificate) => [caller(certificate, true), caller(certificate, false)]);
  return {
    /** Waits until more calls were answered. */
    async more(): Promise<void> {
      const done = calls;
      await until('more calls', () => calls > done + 20);
    },
    /** Ends them, and tells what failed. */
    async end(): Promise<readonly unknown[]> {
      over.abort();
      await Promise.all(callers);
      return failures;
    },
  };
}

t.test('CA and certificates are rotated under constant calls, and none fails', async (t) => {
  const { gateway, ca, tls } = await setup(t);
  const callers = callersOf(t, gateway, clients.issue('spiffe://cluster/old'));
  await callers.more();
  ca.write({ 'ca.crt': `${clients.cert}${next.cert}` });
  const young = agentOf(t, next.issue('spiffe://cluster/young'));
  await until('the new CA', async () => Array.isArray(await tools(gateway, young)));
  await callers.more();
  tls.write(filesOf(servers.issue('127.0.0.1')));
  await callers.more();
  t.strictSame(await callers.end(), []);
});

t.test('a CA is taken away under constant calls, and none fails of whom another has signed', async (t) => {
  const { gateway, ca } = await setup(t);
  ca.write({ 'ca.crt': `${clients.cert}${next.cert}` });
  const staying = next.issue('spiffe://cluster/staying');
  await until('both CAs', async () => Array.isArray(await tools(gateway, agentOf(t, staying))));
  const leaving = agentOf(t, clients.issue('spiffe://cluster/leaving'), true);
  t.strictSame(await tools(gateway, leaving), both);
  const callers = callersOf(t, gateway, staying);
  await callers.more();
  ca.write({ 'ca.crt': next.cert });
  await until('the CA to be gone', async () => (await tools(gateway, leaving)) === 401);
  await callers.more();
  t.strictSame(await callers.end(), []);
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(
    `who was let in by a CA that is no more is not, by ${version}: neither on an open connection nor by a resumed session`,
    async (t) => {
      const { gateway, ca } = await setup(t);
      const certificate = clients.issue('spiffe://cluster/a');
      const keepsAlive = agentOf(t, certificate, true, version);
      t.strictSame(await tools(gateway, keepsAlive), both);
      const resumes = agentOf(t, certificate, false, version);
      const isResumed = async (): Promise<boolean> => {
        const response = await open(gateway.url, modernRequest('tools/list', {}, { agent: resumes }));
        response.resume();
        return (response.socket as TLSSocket).isSessionReused();
      };
      await until('a session that is resumed', isResumed);
      t.strictSame(await tools(gateway, resumes), both, 'its certificate counts');

      ca.write({ 'ca.crt': next.cert });
      const young = agentOf(t, next.issue('spiffe://cluster/young'), false, version);
      await until('the new CA', async () => Array.isArray(await tools(gateway, young)));
      t.equal(await tools(gateway, keepsAlive), 401);
      await t.rejects(tools(gateway, keepsAlive), 'its connection is closed, and it gets no other');
      await t.rejects(tools(gateway, resumes));
    },
  );
}

t.test('while there is no CA no certificate is good, and the report says so', async (t) => {
  const { gateway, ca } = await setup(t, [{ clientCertificate: {} }, { anonymous: {} }]);
  ca.write({ 'ca.crt': 'none' });
  await until('the report to tell', async () => /no certificate/.test((await gateway.report()).tls?.error ?? ''));
  t.strictSame(await tools(gateway, agentOf(t, clients.issue('spiffe://cluster/a'))), both, 'the last good one stays');

  const nothing = new SecretFolder();
  const tls = new SecretFolder();
  tls.write(filesOf(servers.issue('127.0.0.1')));
  const policy: RegistryPolicy = { hosts: [], auth: { methods: [{ clientCertificate: {} }, { anonymous: {} }] } };
  const env = { FETCHFY_TLS_DIR: tls.path, FETCHFY_CLIENT_CA_DIR: `${nothing.path}/not-there` };
  await using without = await startGateway(services, { registry: { policy, rules }, env });
  t.match((await without.report()).tls?.error, /CA of clients is missing.*clientCaSecretRef/);
  await t.rejects(tools(without, agentOf(t, clients.issue('spiffe://cluster/a'))));
  t.strictSame(await tools(without, agentOf(t, undefined)), ['server_set']);
  nothing.remove();
  tls.remove();
});
