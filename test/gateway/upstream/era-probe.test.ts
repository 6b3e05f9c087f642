import t from 'tap';
import { eraOf } from '../../../gateway/upstream/era-probe.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';

const TRIED = '2026-07-28';

function verdict(status: number, message?: JsonObject) {
  return eraOf({ status, message }, TRIED);
}
function result(supportedVersions: unknown): JsonObject {
  return { jsonrpc: '2.0', id: 0, result: { supportedVersions, capabilities: {} } };
}
function refusal(code: number, data?: unknown): JsonObject {
  return { jsonrpc: '2.0', id: 0, error: { code, message: 'no', data } };
}

t.test('a DiscoverResult that lists the version that was tried is modern, also beside legacy ones', async (t) => {
  t.match(verdict(200, result(['2026-07-28'])), { era: 'modern', version: TRIED, discovery: { capabilities: {} } });
  t.match(verdict(200, result(['2025-11-25', '2026-07-28'])), { era: 'modern', version: TRIED });
});

t.test('a DiscoverResult or -32022 that lists legacy versions only is legacy', async (t) => {
  t.same(verdict(200, result(['2025-11-25', '2024-11-05'])), { era: 'legacy' });
  t.same(verdict(400, refusal(-32022, { supported: ['2025-11-25'] })), { era: 'legacy' });
});

t.test('a server that speaks later versions and legacy ones is spoken to in a legacy one', async (t) => {
  t.same(verdict(400, refusal(-32022, { supported: ['2027-01-01', '2025-11-25'] })), { era: 'legacy' });
});

t.test('a server that speaks later versions only has none in common with the gateway', async (t) => {
  t.same(verdict(400, refusal(-32022, { supported: ['2027-01-01'] })), { era: 'none', supported: ['2027-01-01'] });
  t.same(verdict(200, result(['2027-01-01'])), { era: 'none', supported: ['2027-01-01'] });
});

t.test('-32022 that names another version that the gateway speaks is asked again in it', async (t) => {
  const answer = { status: 400, message: refusal(-32022, { supported: ['2026-07-28'] }) };
  t.same(eraOf(answer, '2027-01-01'), { era: 'retry', version: '2026-07-28' });
});

t.test('a server that refuses the very version that it lists is not judged', async (t) => {
  t.same(verdict(400, refusal(-32022, { supported: ['2026-07-28'] })), { era: 'inconclusive' });
});

t.test('HTTP 400 with a modern error is modern; the same error with another status is not', async (t) => {
  for (const code of [-32020, -32021]) {
    t.same(verdict(400, refusal(code)), { era: 'modern', version: TRIED });
    t.same(verdict(200, refusal(code)), { era: 'legacy' });
  }
});

t.test('a refusal of access or a failing server says nothing of the era', async (t) => {
  for (const status of [401, 403, 407, 408, 429, 500, 502, 503, 504]) {
    t.same(verdict(status), { era: 'inconclusive' }, `status ${status}`);
    t.same(verdict(status, refusal(-32600)), { era: 'inconclusive' }, `status ${status} with an error`);
  }
});

t.test('anything else is legacy', async (t) => {
  for (const [status, message] of [
    [400, undefined],
    [400, refusal(-32600)],
    [404, undefined],
    [404, refusal(-32601)],
    [405, undefined],
    [406, undefined],
    [200, undefined],
    [200, refusal(-32601)],
    [200, { jsonrpc: '2.0', id: 0, result: {} }],
    [200, result('2026-07-28')],
    [400, refusal(-32022)],
    [202, undefined],
  ] as const) {
    t.same(verdict(status, message), { era: 'legacy' }, `${status} ${JSON.stringify(message)}`);
  }
});
