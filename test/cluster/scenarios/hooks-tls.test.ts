/** Metacontroller calls the hooks over TLS and shows a token; both are rotated, and nobody else is answered. */
import type { Test } from 'tap';
import { Agent, request } from 'undici';
import { until } from '../../support/until.ts';
import { productScenario } from '../product/product-scenario.ts';
import type { Product } from '../product/product.ts';
import type { TestGateway } from '../product/gateway.ts';
import { hooksAuthority, newToken, SecuredHooks } from '../product/secured-hooks.ts';

const options = { needs: ['metacontroller' as const], onlyMetacontroller: true, timeoutMs: 900_000 };

/** An edit of the Gateway, and a new Service, are taken up: both controllers work. */
async function bothControllersWork(product: Product, gateway: TestGateway, shop: string, name: string): Promise<void> {
  await product.service(shop, name, { app: 'dice' });
  await gateway.service(shop, name, 'Available', { deadlineMs: 90_000 });
  const { metadata } = await gateway.edit({ hosts: [`${name}.example.com`] });
  await gateway.waitFor(({ status }) => (status?.observedGeneration ?? 0) >= Number(metadata['generation']), {
    deadlineMs: 90_000,
  });
}

productScenario('Gateways become ready with the webhooks over TLS and a token', options, async (t, product) => {
  const hooks = new SecuredHooks(product.cluster);
  const shop = await product.namespace('shop');
  await product.server({ namespace: shop, program: 'modern', name: 'dice' });
  try {
    const first = hooksAuthority('first');
    const old = newToken();
    await hooks.certify(first);
    await hooks.secret('fetchfy-hooks-token', { token: old });
    await hooks.install();
    const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
    await bothControllersWork(product, gateway, shop, 'over-tls');
    t.pass('a Gateway that is made is ready, and its Services are served');
    await strangersAreRefused(t);
    await wrongTokenIsRefused(t, product, hooks, gateway, shop);
    await rotationsLeaveNoGap(t, product, hooks, gateway, shop, { first, old });
  } finally {
    await hooks.remove();
  }
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  await bothControllersWork(product, gateway, shop, 'plain-again');
  t.pass('the plain manifests, applied over it, lead back');
});

/** Whoever reaches the hooks without a token, or in plain text. */
async function strangersAreRefused(t: Test): Promise<void> {
  const host = 'fetchfy-hooks.fetchfy-system.svc.cluster.local';
  const statusOf = async (headers: Record<string, string>) => {
    // The certificate is not what is asked about here.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    try {
      const { statusCode, body } = await request(`https://${host}/gateways/customize`, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      });
      await body.dump();
      return statusCode;
    } finally {
      await dispatcher.close();
    }
  };
  t.equal(await statusOf({}), 401, 'without a token');
  t.equal(await statusOf({ authorization: 'Bearer guessed' }), 401, 'with another token');
  await t.rejects(fetch(`http://${host}:443/gateways/customize`, { method: 'POST' }), 'in plain text');
}

async function wrongTokenIsRefused(
  t: Test,
  product: Product,
  hooks: SecuredHooks,
  gateway: TestGateway,
  shop: string,
): Promise<void> {
  const mark = await hooks.mark();
  await hooks.secret('not-of-the-hooks', { token: newToken() });
  await hooks.showTokenOf('not-of-the-hooks');
  const { metadata } = await gateway.edit({ hosts: ['wrong.example.com'] });
  const told = async () => {
    const lines = Object.entries(await hooks.logs()).flatMap(([pod, all]) => all.slice(mark[pod] ?? 0));
    return lines.find((line) => /was refused: The token of the header Authorization is none of those/.test(line));
  };
  t.ok(await until('the hooks to tell', told, { deadlineMs: 60_000 }), 'the log of the hooks says so');
  const metacontroller = async () =>
    (await product.controller.log()).find((line) => /401.*The token of the header Authorization is none/.test(line));
  t.ok(await until('Metacontroller to tell', metacontroller, { deadlineMs: 60_000 }), 'the log of Metacontroller too');
  t.ok(((await hooks.calls())['unauthorized'] ?? 0) > 0, 'the metrics count it');
  const events = async () =>
    product.cluster.kubectl('get', 'events', '-n', gateway.namespace, '--field-selector=involvedObject.kind=Gateway');
  t.ok(
    await until('an event', async () => /SyncError.*401.*the hooks accept/.test(await events()), { state: events }),
    "and so do the Gateway's events",
  );
  const { status } = await gateway.object();
  t.ok((status?.observedGeneration ?? 0) < Number(metadata['generation']), 'the edit waits');
  await hooks.showTokenOf('fetchfy-hooks-token');
  await bothControllersWork(product, gateway, shop, 'right-again');
  t.pass('with the right token it is taken up');
}

/** The steps of docs/hardening.md, with the hooks' and Metacontroller's own words as the witnesses. */
async function rotationsLeaveNoGap(
  t: Test,
  product: Product,
  hooks: SecuredHooks,
  gateway: TestGateway,
  shop: string,
  { first, old }: { first: ReturnType<typeof hooksAuthority>; old: string },
): Promise<void> {
  const refusedBefore = (await hooks.calls())['unauthorized'] ?? 0;
  // It cancels a call of its own when it reads anew, and makes it again.
  const failures = async () =>
    (await product.controller.log())
      .filter((line) => /http error|unsupported status code|x509|tls:/.test(line))
      .filter((line) => !line.includes('context canceled'));
  const failuresBefore = (await failures()).length;
  const untilTaken = async (what: RegExp, change: () => Promise<void>) => {
    const mark = await hooks.mark();
    await change();
    await hooks.untilAllWrote(what, mark);
  };

  const next = newToken();
  const tokens = /The tokens of callers are taken/;
  await untilTaken(tokens, () => hooks.secret('fetchfy-hooks-token', { token: old, next }));
  await untilTaken(tokens, () => hooks.secret('fetchfy-hooks-token', { token: next, previous: old }));
  await bothControllersWork(product, gateway, shop, 'old-token');
  await hooks.readAnew();
  await bothControllersWork(product, gateway, shop, 'new-token');
  await untilTaken(tokens, () => hooks.secret('fetchfy-hooks-token', { token: next }));
  await bothControllersWork(product, gateway, shop, 'only-new-token');
  t.pass('the token is another');

  const certificate = /The TLS certificate is taken/;
  await untilTaken(certificate, () => hooks.certify(first));
  await bothControllersWork(product, gateway, shop, 'renewed');
  t.pass('the certificate is another, of the same authority: nothing else had to be done');

  const second = hooksAuthority('second');
  await hooks.trust([first, second]);
  await hooks.readAnew();
  await bothControllersWork(product, gateway, shop, 'both-trusted');
  await untilTaken(certificate, () => hooks.certify(second, [first, second]));
  await bothControllersWork(product, gateway, shop, 'second-authority');
  await hooks.trust([second]);
  await hooks.readAnew();
  await bothControllersWork(product, gateway, shop, 'first-gone');
  t.pass('the authority is another');

  t.equal((await hooks.calls())['unauthorized'] ?? 0, refusedBefore, 'no call was refused meanwhile');
  t.strictSame((await failures()).slice(failuresBefore), [], 'Metacontroller told of no call that failed');
}
