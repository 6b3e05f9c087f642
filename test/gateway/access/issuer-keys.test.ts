import t, { type Test } from 'tap';
import { IssuerKeys, type IssuerDocument, type IssuerTimes } from '../../../gateway/access/issuer-keys.ts';
import { createLogger } from '../../../gateway/log.ts';
import { issuerKey, publicJwk } from '../../support/test-issuer.ts';
import { until } from '../../support/until.ts';

const one = await publicJwk(issuerKey());
const two = await publicJwk(issuerKey());

interface Setup {
  readonly keys: IssuerKeys;
  /** What the issuer says; it fails if that is an error. */
  says: IssuerDocument | Error;
  asked: number;
  changes: number;
}

function setup(
  t: Test,
  times: Partial<IssuerTimes>,
  says: Setup['says'] = { issuer: 'i', keys: { keys: [one] } },
): Setup {
  const state = { says, asked: 0, changes: 0 };
  const keys = new IssuerKeys({
    subject: 'the issuer i',
    load: async () => {
      state.asked++;
      if (state.says instanceof Error) throw state.says;
      return state.says;
    },
    onChange: () => void state.changes++,
    log: createLogger({ level: 'error', format: 'json' }),
    times,
  });
  t.teardown(() => keys.close());
  return Object.assign(state, { keys });
}

t.test('keys are asked for again by themselves, and a change is told', async (t) => {
  const issuer = setup(t, { refreshMs: 20 });
  const first = await issuer.keys.known();
  await until('some more looks', () => issuer.asked > 3);
  t.equal(issuer.changes, 0);
  t.equal(issuer.keys.current, first, 'the same keys stay the same');
  issuer.says = { issuer: 'i', keys: { keys: [two] } };
  await until('the change', () => issuer.changes === 1);
  t.not(issuer.keys.current, first);
});

t.test('keys that are known stay while the issuer fails', async (t) => {
  const issuer = setup(t, { refreshMs: 20, retryMs: 5 });
  const first = await issuer.keys.known();
  issuer.says = new Error('it is down.');
  await until('the failure', () => issuer.keys.error);
  t.equal(issuer.keys.error, 'The keys of the issuer i cannot be had: it is down.');
  t.equal(await issuer.keys.known(), first);
  issuer.says = { issuer: 'i', keys: { keys: [one] } };
  await until('it to be well', () => issuer.keys.error === undefined);
});

t.test('without keys each caller is told to try again, and the issuer is asked once in a while', async (t) => {
  const issuer = setup(t, { retryMs: 60_000 }, new Error('it is down'));
  for (let i = 0; i < 10; i++) await t.rejects(issuer.keys.known(), { message: /cannot be told now/ });
  t.equal(issuer.asked, 1);
});

t.test('callers that come together wait for one answer', async (t) => {
  const issuer = setup(t, {});
  const found = await Promise.all(Array.from({ length: 10 }, () => issuer.keys.known()));
  t.equal(new Set(found).size, 1);
  t.equal(issuer.asked, 1);
});

t.test('an unknown key has the issuer asked at most once in its time', async (t) => {
  const issuer = setup(t, { cooldownMs: 60_000 });
  const first = await issuer.keys.known();
  issuer.says = { issuer: 'i', keys: { keys: [one, two] } };
  for (let i = 0; i < 10; i++) t.equal(await issuer.keys.newerThan(first), undefined);
  t.equal(issuer.asked, 1, 'it was asked just before');

  const quick = setup(t, { cooldownMs: 0 });
  const before = await quick.keys.known();
  quick.says = issuer.says;
  t.equal((await quick.keys.newerThan(before))?.find.jwks().keys.length, 2);
  quick.says = new Error('it is down');
  await t.rejects(quick.keys.newerThan(await quick.keys.known()), { message: /cannot be told now/ });
});

t.test('what is no set of keys is not taken', async (t) => {
  const bad: unknown[] = [{}, { keys: [] }, { keys: 'a' }, { keys: [1] }, { keys: Array(101).fill(one) }];
  for (const keys of bad) {
    const issuer = setup(t, {}, { issuer: 'i', keys } as IssuerDocument);
    await t.rejects(issuer.keys.known(), { message: /cannot be told now/ }, JSON.stringify(keys).slice(0, 40));
    t.ok(issuer.keys.error);
  }
});

t.test(
  'while an issuer does not answer, a bounded number waits for it, and the others are to come again',
  async (t) => {
    const answer = Promise.withResolvers<IssuerDocument>();
    const keys = new IssuerKeys({
      subject: 'the issuer i',
      load: () => answer.promise,
      onChange: () => undefined,
      log: createLogger({ level: 'error', format: 'json' }),
    });
    t.teardown(() => keys.close());
    const waiting = Array.from({ length: 1024 }, () => keys.known());
    await t.rejects(keys.known(), /cannot be had. Try again later/);
    answer.resolve({ issuer: 'i', keys: { keys: [one] } });
    t.equal((await Promise.all(waiting)).length, 1024);
    t.ok(await keys.known());
  },
);
