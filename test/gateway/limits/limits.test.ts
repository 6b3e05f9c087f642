import t from 'tap';
import type { LimitPolicy } from '../../../gateway/contract/access-policy.ts';
import { LimitError } from '../../../gateway/limits/limit-error.ts';
import { Limits } from '../../../gateway/limits/limits.ts';
import { principal } from '../../support/principal.ts';
import { knownServer } from '../../support/routed.ts';

const ada = principal('ada');
const bob = principal('bob');
const shop = knownServer('shop', { tools: [{ name: 'get' }, { name: 'set' }] });
const vault = knownServer('vault', { tools: [{ name: 'get' }] });

/** Limits of 16 requests at once, and the time they are told. */
function limitsOf(policy: LimitPolicy | undefined, tellsApart = true) {
  const time = { now: 0 };
  const limits = new Limits(16, () => time.now);
  limits.take(policy, tellsApart);
  return { limits, time };
}

/** What a limit refuses; undefined: nothing. */
function refused(act: () => void): LimitError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof LimitError) return error;
    throw error;
  }
}

const once = { requests: 1, periodSeconds: 10, burst: 1 };

t.test('a caller that asks for too much is told when to try again, and others are served', async (t) => {
  const { limits, time } = limitsOf({ perPrincipal: once });
  limits.ask(ada);
  limits.ask(bob);
  time.now = 2500;
  t.match(
    refused(() => limits.ask(ada)),
    {
      type: 'rate_limited',
      status: 429,
      headers: { 'retry-after': '8' },
      data: { limit: 'perPrincipal', retryAfterSeconds: 8 },
      message: 'You may make 1 request in 10 s; try again in 8 s.',
    },
  );
  time.now = 10_000;
  t.equal(
    refused(() => limits.ask(ada)),
    undefined,
  );
});

t.test('a server is asked no more than its limit, by whomever', async (t) => {
  const { limits } = limitsOf({ perServer: once });
  limits.enterServer(shop, 'get');
  t.match(
    refused(() => limits.enterServer(shop, undefined)),
    {
      status: 200,
      code: -32010,
      headers: {},
      data: { limit: 'perServer', retryAfterSeconds: 10, server: 'shop/shop' },
    },
  );
  t.equal(
    refused(() => limits.enterServer(vault, 'get')),
    undefined,
  );
});

t.test('each tool of each server has a limit of its own; requests for none have none', async (t) => {
  const { limits } = limitsOf({ perTool: once });
  limits.enterServer(shop, 'get');
  limits.enterServer(shop, 'set');
  limits.enterServer(vault, 'get');
  limits.enterServer(shop, undefined);
  limits.enterServer(shop, undefined);
  t.equal(refused(() => limits.enterServer(shop, 'get'))?.limit, 'perTool');
});

t.test('names that a server does not list share one limit: inventing them gains nothing', async (t) => {
  const { limits } = limitsOf({ perTool: once });
  limits.enterServer(shop, 'invented 1');
  t.match(
    refused(() => limits.enterServer(shop, 'invented 2')),
    { limit: 'perTool', message: /does not list/ },
  );
  t.equal(
    refused(() => limits.enterServer(shop, 'get')),
    undefined,
  );
});

t.test('what one limit refuses is not taken of another', async (t) => {
  const { limits } = limitsOf({ perTool: once, perServer: { requests: 2, periodSeconds: 10, burst: 2 } });
  limits.enterServer(shop, 'get');
  for (let i = 0; i < 5; i++) t.equal(refused(() => limits.enterServer(shop, 'get'))?.limit, 'perTool');
  t.equal(
    refused(() => limits.enterServer(shop, 'set')),
    undefined,
  );
  t.equal(limits.refusals.perTool, 5);
});

t.test('a limit that stays keeps what was used of it; one that changes begins anew', async (t) => {
  const { limits } = limitsOf({ perPrincipal: once, perServer: once });
  limits.ask(ada);
  limits.enterServer(shop, undefined);
  limits.take({ perPrincipal: { ...once }, perServer: { ...once, requests: 2 } }, true);
  t.equal(refused(() => limits.ask(ada))?.limit, 'perPrincipal');
  t.equal(
    refused(() => limits.enterServer(shop, undefined)),
    undefined,
  );
  limits.take(undefined, true);
  t.equal(
    refused(() => limits.ask(ada)),
    undefined,
  );
});

t.test('a server has seven of eight requests in work at most, or what the limit says, if that is less', async (t) => {
  for (const [policy, most] of [
    [undefined, 14],
    [{ concurrentPerServer: 3 }, 3],
    [{ concurrentPerServer: 100 }, 14],
  ] as const) {
    const { limits } = limitsOf(policy);
    for (let i = 0; i < most; i++) limits.enterServer(shop, undefined);
    t.match(
      refused(() => limits.enterServer(shop, undefined)),
      {
        limit: 'concurrentPerServer',
        type: 'concurrency_limited',
        message: new RegExp(`Server shop/shop has ${most} requests in work`),
        data: { retryAfterSeconds: 1 },
      },
    );
    t.equal(
      refused(() => limits.enterServer(vault, undefined)),
      undefined,
    );
    limits.leaveServer(shop);
    t.equal(
      refused(() => limits.enterServer(shop, undefined)),
      undefined,
    );
  }
});

t.test('a caller has half of all requests in work at most where callers are told apart, else all', async (t) => {
  for (const [policy, tellsApart, most] of [
    [undefined, true, 8],
    [undefined, false, 16],
    [{ concurrentPerPrincipal: 2 }, true, 2],
    [{ concurrentPerPrincipal: 2 }, false, 2],
  ] as const) {
    const { limits } = limitsOf(policy, tellsApart);
    for (let i = 0; i < most; i++) limits.enter(ada);
    t.match(
      refused(() => limits.enter(ada)),
      { limit: 'concurrentPerPrincipal', status: 429 },
    );
    t.equal(
      refused(() => limits.enter(bob)),
      undefined,
    );
    limits.leave(ada);
    t.equal(
      refused(() => limits.enter(ada)),
      undefined,
    );
  }
});
