/** Servers and agents that speak HTTPS: whom the gateway takes for them, and whom not. */
import t, { type Test } from 'tap';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { certificateAuthority, type Certificate } from '../support/certificates.ts';
import { clientOf } from '../support/clients.ts';
import { openDoor } from '../support/door.ts';
import { oneOfEach } from '../support/one-of-each.ts';
import { entryFor } from '../support/registry-folder.ts';
import { available, messageOf } from '../support/reported.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const authority = certificateAuthority('Shop CA');
const stranger = certificateAuthority('Stranger CA');

const { servers, agent } = await oneOfEach(t);

/** The entry of a server behind a door, known by a name of the cluster. */
function entryAt(target: string, name: string, more: Partial<Parameters<typeof entryFor>[1]> = {}) {
  const host = `${name}.shop.svc:${target.split(':')[1]}`;
  return entryFor(`https://${target}/mcp`, { name, host, scheme: 'https', ...more });
}

function trusting(t: Test, ...certificates: readonly string[]): SecretFolder {
  const folder = new SecretFolder();
  t.teardown(() => folder.remove());
  folder.write(Object.fromEntries(certificates.map((cert, index) => [`ca-${index}.crt`, cert])));
  return folder;
}

const firstText = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';

t.test('servers of every transport and agents are called over TLS', async (t) => {
  const folder = trusting(t, authority.cert);
  const entries = await Promise.all(
    Object.entries(servers).map(async ([name, { target }]) => {
      const door = await openDoor(t, target, { certificate: authority.issue(`${name}.shop.svc`) });
      return entryAt(door.target, name, { path: name === 'http-sse' ? '/sse' : '/mcp' });
    }),
  );
  const door = await openDoor(t, agent.target, { certificate: authority.issue('helper.shop.svc') });
  const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;
  const gateway = await startGateway([...entries, entryAt(door.target, 'helper', a2a)], {
    env: { FETCHFY_CA_DIR: folder.path },
  });
  t.teardown(() => gateway.stop());
  await available(gateway, ...Object.keys(servers), 'helper');

  for (const era of ['legacy', 'modern'] as const) {
    const client = await clientOf[era](gateway.url);
    t.teardown(() => client.close());
    for (const name of Object.keys(servers)) {
      const result = await client.callTool({ name: `${name}_echo`, arguments: { text: 'over TLS' } });
      t.match(firstText(result), 'over TLS', `${era} client, ${name} server`);
    }
    const asked = await client.callTool({ name: 'helper_ask', arguments: { message: 'echo over TLS' } });
    t.match(JSON.stringify(asked), /over TLS/, `${era} client, agent`);
  }
  const direct = await agentClient(`${gateway.origin}/agents/default/helper/`);
  t.match(JSON.stringify(await sendToAgent(direct, 'echo over TLS')), /over TLS/, 'A2A client');
});

t.test('who cannot show to be the server is not called, and the message says why', async (t) => {
  const folder = trusting(t, authority.cert);
  const { target } = servers.modern;
  const doors: Readonly<Record<string, Certificate | undefined>> = {
    unknown: stranger.issue('unknown.shop.svc'),
    foreign: authority.issue('other.shop.svc'),
    old: authority.issueExpired('old.shop.svc'),
    plain: undefined,
  };
  const opened = await Promise.all(
    Object.entries(doors).map(async ([name, certificate]) => ({
      name,
      door: await openDoor(t, target, certificate === undefined ? {} : { certificate }),
    })),
  );
  const gateway = await startGateway(
    opened.map(({ name, door }) => entryAt(door.target, name)),
    // Node's own switch for all of a process is of no effect here.
    { env: { FETCHFY_CA_DIR: folder.path, NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  );
  t.teardown(() => gateway.stop());
  await messageOf(
    gateway,
    'unknown',
    /not trusted.*issued by "CN=Stranger CA".*put the certificate of the CA into .*caConfigMapRef/,
  );
  await messageOf(gateway, 'foreign', /is for DNS:other\.shop\.svc, not for foreign\.shop\.svc: issue one/);
  await messageOf(gateway, 'old', /expired at .*: renew it/);
  await messageOf(gateway, 'plain', /makes no TLS connection \(.*\): expected HTTPS, since the Service says so/);
  const { services } = await gateway.report();
  for (const { name, state } of services) t.equal(state, 'Unavailable', name);
  for (const { name, door } of opened) t.strictSame(door.seen, [], `${name} is sent nothing`);
  const client = await clientOf.modern(`${gateway.url}/default/unknown`).catch((error: unknown) => String(error));
  if (typeof client !== 'string') {
    await t.rejects(client.callTool({ name: 'echo', arguments: { text: 'x' } }), 'nor is it called');
    await client.close();
  }
});

t.test('a CA that is rotated counts for new connections, without a restart', async (t) => {
  const folder = trusting(t, stranger.cert);
  const door = await openDoor(t, servers.modern.target, { certificate: authority.issue('rotated.shop.svc') });
  const gateway = await startGateway([entryAt(door.target, 'rotated')], { env: { FETCHFY_CA_DIR: folder.path } });
  t.teardown(() => gateway.stop());
  await messageOf(gateway, 'rotated', /not trusted/);
  folder.write({ 'ca-0.crt': authority.cert });
  await available(gateway, 'rotated');
  folder.write({ 'ca-0.crt': stranger.cert });
  await until('the other CA', () => gateway.log().split('The CAs of servers are taken').length === 4);
  door.drop();
  await messageOf(gateway, 'rotated', /not trusted/);
});

t.test('CAs that are missing or broken are told in the report, and harm nothing else', async (t) => {
  const folder = trusting(t);
  const gateway = await startGateway([entryFor(servers.modern.url, { name: 'plain' })], {
    env: { FETCHFY_CA_DIR: folder.path },
  });
  t.teardown(() => gateway.stop());
  t.match((await gateway.report()).cas, { error: /There are no CAs: Expected keys such as ca\.crt.*caConfigMapRef/ });
  folder.write({ 'good.crt': authority.cert, 'bad.crt': 'nonsense' });
  await until('the broken one', async () => (await gateway.report()).cas?.error?.includes('of bad.crt'));
  const door = await openDoor(t, servers.modern.target, { certificate: authority.issue('good.shop.svc') });
  await gateway.publish([entryFor(servers.modern.url, { name: 'plain' }), entryAt(door.target, 'good')]);
  await available(gateway, 'plain', 'good');
  folder.write({ 'good.crt': authority.cert });
  await until('no complaint', async () => (await gateway.report()).cas === undefined);
});
