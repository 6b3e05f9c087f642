import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createLogger } from '../../../gateway/log.ts';
import { OutboundFetch } from '../../../gateway/upstream/outbound-fetch.ts';
import { openOutlets } from '../../../gateway/upstream/outlets.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { SecretFolder } from '../../support/secret-folder.ts';

const authority = certificateAuthority();
const log = createLogger({ level: 'error', format: 'text', write: () => undefined });

async function served(
  t: Test,
  answer: { readonly status?: number; readonly location?: string; readonly bytes?: number },
) {
  const folder = new SecretFolder();
  folder.write({ 'ca.crt': authority.cert });
  const server = createServer({ ...authority.issue('localhost') }, (_request, response) => {
    response.writeHead(answer.status ?? 200, answer.location === undefined ? {} : { location: answer.location });
    response.end('x'.repeat(answer.bytes ?? 2));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const outlets = openOutlets({ allowLoopback: true, caDir: folder.path, log });
  t.teardown(async () => {
    await outlets.close();
    server.close();
    server.closeAllConnections();
    folder.remove();
  });
  return { outlets, url: `https://localhost:${(server.address() as AddressInfo).port}/` };
}

t.test('what is read at a URL is verified by the Gateway’s own CAs, too', async (t) => {
  const { outlets, url } = await served(t, {});
  t.equal(await (await outlets.fetch(url)).text(), 'xx');
});

t.test('a redirect is the answer, and goes nowhere', async (t) => {
  const { outlets, url } = await served(t, { status: 302, location: 'https://169.254.169.254/latest/' });
  const response = await outlets.fetch(url);
  t.equal(response.status, 302);
  await response.body?.cancel();
});

t.test('no more is read than a megabyte', async (t) => {
  const { outlets, url } = await served(t, { bytes: 2 * 1024 * 1024 });
  await t.rejects(async () => (await outlets.fetch(url)).text());
});

t.test(
  'URLs without TLS, addresses that are never called, and private ones where only public ones will do, are refused',
  async (t) => {
    const { outlets, url } = await served(t, {});
    await t.rejects(outlets.fetch(url.replace('https', 'http')), {
      message: 'The URL begins with http:; expected https:',
    });
    await t.rejects(outlets.fetch('https://169.254.169.254/'), { cause: { code: 'ERR_OUTBOUND_ADDRESS' } });
    const strict = new OutboundFetch(outlets, { isPublicOnly: true });
    t.teardown(() => strict.close());
    await t.rejects(strict.fetch('https://10.0.0.1/'), { cause: { message: /an address of a private network/ } });
  },
);
