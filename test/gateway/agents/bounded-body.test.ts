import t from 'tap';
import { eventsAtMost } from '../../../gateway/agents/bounded-body.ts';

/** What comes through, of a stream of these chunks. */
async function through(maxBytes: number, chunks: readonly string[]): Promise<string> {
  const sent = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  let text = '';
  for await (const chunk of sent.pipeThrough(eventsAtMost(maxBytes))) text += Buffer.from(chunk).toString();
  return text;
}

t.test('events up to the bound come through, however many, and however they are cut', async (t) => {
  const text = 'data: 45678\n\n'.repeat(100);
  for (const size of [1, 3, 12, 13, 14, 1000]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    t.equal(await through(11, chunks), text, `in chunks of ${size}`);
  }
});

t.test('an event over the bound ends the stream, however it is cut', async (t) => {
  const text = 'data: 45678\n\ndata: 456789\n\n';
  for (const size of [1, 3, 12, 13, 14, 1000]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const expected = { code: 'ERR_AGENT_EVENT_OVERSIZE', message: /more than 11 bytes/ };
    await t.rejects(through(11, chunks), expected, `in chunks of ${size}`);
  }
});
