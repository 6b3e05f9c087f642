/** The times of tokens, where the clocks of an issuer and of the gateway may differ by so much, or not at all. */
import t from 'tap';
import { modern, modernListen } from '../support/mcp-http.ts';
import { startGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';
import { until } from '../support/until.ts';

const GATEWAY = 'the-gateway';
const issuers = { 30: await TestIssuer.start(t), 0: await TestIssuer.start(t, { path: '/exact' }) };
issuers[30].caFolder.write({ 'a.crt': issuers[30].caPem, 'b.crt': issuers[0].caPem });
const methods = ([30, 0] as const).map((clockSkewSeconds) =>
  issuers[clockSkewSeconds].method({ clockSkewSeconds, audiences: [GATEWAY] }),
);
const gateway = await startGateway([], {
  registry: { policy: { hosts: [], auth: { methods } } },
  env: issuers[30].env,
});
t.teardown(() => gateway.stop());

/** Claims with times that are so many seconds from now. */
function at(seconds: Readonly<Record<string, number>>): Record<string, number> {
  const now = Math.floor(Date.now() / 1000);
  return Object.fromEntries(Object.entries(seconds).map(([claim, from]) => [claim, now + from]));
}

/** What a token comes to: the status, and what is said of it. */
async function ask(token: string): Promise<readonly [number, string | undefined]> {
  const { status, headers } = await modern(
    gateway.url,
    'tools/list',
    {},
    { headers: { authorization: `Bearer ${token}` } },
  );
  return [status, /error_description="([^"]*)"/.exec(headers['www-authenticate'] ?? '')?.[1]];
}

const good = [200, undefined] as const;
const expired = [401, 'The token has expired.'] as const;
const early = [401, 'The token is not valid yet.'] as const;

const rows = [
  [30, { exp: -20 }, good],
  [30, { exp: -40 }, expired],
  [30, { nbf: 20 }, good],
  [30, { nbf: 40 }, early],
  [30, { nbf: 20, exp: 25 }, good],
  [0, { exp: 20 }, good],
  [0, { exp: -1 }, expired],
  [0, { nbf: -1 }, good],
  [0, { nbf: 10 }, early],
] as const;
for (const [skew, times, expected] of rows) {
  const said = Object.entries(times).map(([claim, from]) => `${claim} ${from} s from now`);
  t.test(
    `with ${skew} s between clocks, a token with ${said.join(' and ')} is ${expected === good ? 'taken' : 'refused'}`,
    async (t) => {
      t.strictSame(await ask(await issuers[skew].token(GATEWAY, at(times))), expected);
    },
  );
}

t.test(
  'a token that was taken, and what it opened, ends when its time and what clocks may differ by are over',
  async (t) => {
    for (const [skew, exp] of [
      [30, -27],
      [0, 3],
    ] as const) {
      const claims = at({ exp });
      const isOver = (): boolean => Date.now() / 1000 >= (claims['exp'] ?? 0) + skew;
      const token = await issuers[skew].token(GATEWAY, claims);
      t.strictSame(await ask(token), good);
      const stream = await modernListen(gateway.url, {}, { headers: { authorization: `Bearer ${token}` } });
      t.equal(await stream.ended(), 'ended');
      t.ok(isOver(), 'the stream was open until then');
      await until('it to be refused', async () => (await ask(token))[0] === 401);
      t.strictSame(await ask(token), expired);
    }
  },
);
