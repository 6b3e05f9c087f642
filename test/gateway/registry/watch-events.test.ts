import t from 'tap';
import { readWatchEvents, type WatchEvent } from '../../../gateway/registry/watch-events.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(events: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
  const result: WatchEvent[] = [];
  for await (const event of events) result.push(event);
  return result;
}

async function read(text: string, size: number): Promise<WatchEvent[]> {
  return all(readWatchEvents(inChunks(Buffer.from(text), size)));
}

const events = [
  { type: 'ADDED', object: { metadata: { name: 'größe', resourceVersion: '1' }, data: { k: 'line\nfeed' } } },
  { type: 'BOOKMARK', object: { metadata: { resourceVersion: '2' } } },
  { type: 'ERROR', object: { code: 410, message: 'too old' } },
];
const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');

for (const size of [1, 7, 64, 10_000]) {
  t.test(`events are read whole from chunks of ${size} bytes`, async (t) => {
    t.strictSame(await read(text, size), events);
  });
}

t.test('empty lines are passed over', async (t) => {
  t.strictSame(await read(`\n${text}\n\r\n`, 5), events);
});

t.test('a line that is cut by the end is no event', async (t) => {
  t.strictSame(await read(text.slice(0, -2), 9), events.slice(0, 2));
});

t.test('a line that is not JSON throws', async (t) => {
  await t.rejects(read('{"type":\n', 4), SyntaxError);
});

t.test('a line without end is given up', async (t) => {
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1024 * 1024, 'x');
  };
  await t.rejects(all(readWatchEvents(endless())), /longer than/);
});
