import fc from 'fast-check';
import t from 'tap';
import { FrameSplitter, FrameTooLargeError, messageFrame, readFrame } from '../../../gateway/jsonrpc/sse-frames.ts';

const ends = fc.constantFrom('\n', '\r\n', '\r');
const event = fc.record({
  data: fc.array(fc.stringMatching(/^[ -~]*$/), { minLength: 1, maxLength: 3 }),
  id: fc.option(fc.stringMatching(/^[a-z0-9]+$/), { nil: undefined }),
  comment: fc.boolean(),
});

t.test('reads the same events however the bytes are cut, with each kind of line end', async (t) => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), ends, fc.array(fc.nat(200)), (events, end, cuts) => {
      const text = events
        .map(
          ({ data, id, comment }) =>
            [
              ...(comment ? [': hello'] : []),
              ...(id === undefined ? [] : [`id: ${id}`]),
              ...data.map((line) => `data: ${line}`),
              '',
              '',
            ].join(end),
          // The last '' is what follows the blank line's end.
        )
        .join('');
      const bytes = Buffer.from(text);
      const splitter = new FrameSplitter(10_000);
      const frames: Buffer[] = [];
      let from = 0;
      for (const cut of [...cuts.map((c) => c % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
        frames.push(...splitter.push(bytes.subarray(from, cut)));
        from = cut;
      }
      t.strictSame(
        frames.map((frame) => {
          const { data, id } = readFrame(frame);
          return { data: data?.toString(), id };
        }),
        events.map(({ data, id }) => ({ data: data.join('\n'), id })),
      );
    }),
  );
});

t.test('passes a frame on with the very bytes that came', async (t) => {
  const frame = 'event: message\ndata: {"a":1}\n\n';
  t.equal(Buffer.concat(new FrameSplitter(100).push(Buffer.from(frame))).toString(), frame);
});

t.test('ends no frame with a lone carriage return, after which a reader would wait for more', async (t) => {
  const bytes = Buffer.from('data: 1\r\n\r\ndata: 2\r\n\r\n');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const splitter = new FrameSplitter(100);
    const frames = [...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))];
    t.strictSame(
      frames.map((frame) => frame.toString().endsWith('\r\n\r\n')),
      [true, true],
      `cut at ${cut}`,
    );
  }
});

t.test('tells the fields that are the sender’s own hop’s', async (t) => {
  t.ok(readFrame(Buffer.from('id: 1\ndata: x\n\n')).hasHopFields);
  t.equal(readFrame(Buffer.from('retry: 250\n\n')).retry, 250);
  t.notOk(readFrame(Buffer.from('event: message\ndata: x\n\n')).hasHopFields);
});

t.test('refuses a frame beyond the bound, also one that comes in small pieces', async (t) => {
  const splitter = new FrameSplitter(10);
  splitter.push(Buffer.from('data: 12'));
  t.throws(() => splitter.push(Buffer.from('3456789')), FrameTooLargeError);
});

t.test('frames a message that was printed over several lines as one', async (t) => {
  const frame = messageFrame(Buffer.from(JSON.stringify({ a: [1, 'x\ny'] }, undefined, 2)));
  t.strictSame(JSON.parse(readFrame(frame).data?.toString() ?? ''), { a: [1, 'x\ny'] });
  t.equal(frame.toString().split('\n').length, 4, 'event, data, blank line, end');
});

t.test('tells events of other types from messages', async (t) => {
  const isMessage = (frame: string): boolean => readFrame(Buffer.from(frame)).isMessage;
  t.ok(isMessage('data: x\n\n'));
  t.ok(isMessage('event: message\ndata: x\n\n'));
  t.ok(isMessage('event:\ndata: x\n\n'));
  t.notOk(isMessage('event: ping\ndata: x\n\n'));
  t.notOk(isMessage('event: messages\ndata: x\n\n'));
});

t.test('gives out what has come of a frame, and then only keeps its rest', async (t) => {
  const splitter = new FrameSplitter(100);
  t.strictSame(splitter.push(Buffer.from('data: 1\n\ndata: 23')).length, 1);
  t.equal(splitter.pendingSize, 8);
  t.equal(splitter.takePending().toString(), 'data: 23');
  t.equal(splitter.pendingSize, 0);
  const frames = splitter.push(Buffer.from('45\n\ndata: 6\n\n'));
  t.strictSame(
    frames.map((frame) => frame.toString()),
    ['45\n\n', 'data: 6\n\n'],
  );
});

t.test('takes time in proportion to the bytes, whatever ends the lines', async (t) => {
  for (const end of ['\n', '\r', '\r\n']) {
    const bytes = Buffer.from(`:${end}`.repeat(1_000_000) + `data: 1${end}${end}`);
    const began = performance.now();
    const [frame] = new FrameSplitter(10_000_000).push(bytes);
    t.equal(readFrame(frame ?? Buffer.alloc(0)).data?.toString(), '1');
    const took = performance.now() - began;
    t.comment(`${JSON.stringify(end)}: ${took.toFixed(0)} ms for a million lines`);
    // A search through the rest for each line would take minutes.
    t.ok(took < 10_000, `${took} ms`);
  }
});
