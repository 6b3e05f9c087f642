import t from 'tap';
import { Pool } from 'undici';
import { fetchCard, freshFor } from '../../../gateway/agents/card-source.ts';
import { cardOf, scriptedCard, type ServedCard } from '../../support/scripted-card.ts';

for (const [cacheControl, age, ms] of [
  [undefined, undefined, 60_000],
  ['', undefined, 60_000],
  ['public', undefined, 60_000],
  ['max-age=30', undefined, 30_000],
  ['Public, Max-Age="30"', undefined, 30_000],
  ['max-age=30', '10', 20_000],
  ['max-age=30', '40', 0],
  ['max-age=30', 'soon', 30_000],
  ['max-age=0', undefined, 0],
  ['no-cache', undefined, 0],
  ['max-age=30, no-store', undefined, 0],
  ['max-age=31536000', undefined, 3_600_000],
  ['max-age=-1', undefined, 60_000],
  ['s-maxage=30', undefined, 60_000],
] as const) {
  t.test(`a card with Cache-Control: ${cacheControl} and Age: ${age} is fresh for ${ms} ms`, async (t) => {
    t.equal(freshFor(cacheControl, age), ms);
  });
}

async function served(t: Tap, card: ServedCard) {
  const scripted = await scriptedCard(t, card);
  const { host, origin } = new URL(scripted.url);
  const dispatcher = new Pool(origin);
  t.teardown(() => dispatcher.destroy());
  return { scripted, place: { dispatcher, host, path: '/.well-known/agent-card.json' } };
}
interface Tap {
  teardown(end: () => unknown): void;
}

t.test('a card that is known is asked for by its validator, and is the same', async (t) => {
  const headers = { etag: '"1"', 'cache-control': 'no-cache' };
  const { scripted, place } = await served(t, { headers, body: cardOf(['one']) });
  const first = await fetchCard(place);
  const again = await fetchCard(place, first);
  t.equal(again.card, first.card);
  t.strictSame(
    scripted.requests.map((each) => each['if-none-match']),
    [undefined, '"1"'],
  );
  t.equal(scripted.requests[0]?.host, place.host);
});

for (const [what, card, code, says] of [
  [
    'another status',
    { status: 503, body: '' },
    'ERR_AGENT_NO_CARD',
    /is answered with HTTP status 503; expected an agent card/,
  ],
  ['a redirect', { status: 302, headers: { location: '/x' }, body: '' }, 'ERR_AGENT_NO_CARD', /HTTP status 302/],
  ['no JSON', { body: 'hello' }, 'ERR_AGENT_NO_CARD', /gives no agent card/],
  ['too much', { body: cardOf([], { description: 'x'.repeat(300_000) }) }, 'ERR_AGENT_NO_CARD', /gives no agent card/],
  ['another document', { body: { tools: [] } }, 'ERR_AGENT_CARD', /is of no use/],
] as const) {
  t.test(`where a card should be there is ${what}`, async (t) => {
    const { place } = await served(t, card);
    await t.rejects(fetchCard(place), { code, message: says });
  });
}

t.test('where nothing listens there is no connection', async (t) => {
  const dispatcher = new Pool('http://127.0.0.1:9');
  t.teardown(() => dispatcher.destroy());
  await t.rejects(fetchCard({ dispatcher, host: 'x', path: '/' }), { code: 'ERR_AGENT_UNREACHABLE' });
});
