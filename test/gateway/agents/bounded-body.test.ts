import t from 'tap';
import { EventBound } from '../../../gateway/agents/bounded-body.ts';

/** Checks a stream of these chunks. */
function check(maxBytes: number, chunks: readonly string[]): void {
  const bound = new EventBound(maxBytes);
  for (const chunk of chunks) bound.check(Buffer.from(chunk));
}

t.test('events up to the bound pass, however many, and however they are cut', (t) => {
  const text = 'data: 45678\n\n'.repeat(100);
  for (const size of [1, 3, 12, 13, 14, 1000]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    t.doesNotThrow(() => check(11, chunks), `in chunks of ${size}`);
  }
  t.end();
});

t.test('an event over the bound ends the stream, however it is cut', (t) => {
  const text = 'data: 45678\n\ndata: 456789\n\n';
  for (const size of [1, 3, 12, 13, 14, 1000]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const expected = { code: 'ERR_AGENT_EVENT_OVERSIZE', message: /more than 11 bytes/ };
    t.throws(() => check(11, chunks), expected, `in chunks of ${size}`);
  }
  t.end();
});
