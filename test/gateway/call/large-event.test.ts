import t from 'tap';
import { LargeEvent } from '../../../gateway/call/large-event.ts';

function begun(text: string): { readonly event: LargeEvent; readonly passed: string } | undefined {
  const begin = LargeEvent.begin(Buffer.from(text));
  return begin && { event: begin.event, passed: begin.bytes.toString() };
}

t.test('passes on the data, without what is the sender’s own hop’s', async (t) => {
  for (const head of ['', 'event: message\n', 'event:message\r\n', 'id: 7\nretry: 5\n', ': comment\n', 'event\n']) {
    t.equal(begun(`${head}data: {"id":1`)?.passed, 'event: message\ndata: {"id":1', head);
  }
  t.equal(begun('data:{"id":1')?.passed, 'event: message\ndata: {"id":1', 'the space is not the data’s');
});

t.test(
  'takes no event of another type, none of several lines of data, and none whose data has not begun',
  async (t) => {
    for (const text of ['event: ping\ndata: {', 'data: {\ndata: "id":1', 'data\ndata: {', 'id: 7', 'dat', ''])
      t.equal(begun(text), undefined, text);
  },
);

t.test('knows at its end what it was', async (t) => {
  const { event } = begun('data: {"jsonrpc":"2.0","result":{"a":"') ?? {};
  t.equal(event?.push(Buffer.from('xxx')), 3);
  t.equal(event?.push(Buffer.from('"},"id":"é"}\r\n\r\n')), Buffer.byteLength('"},"id":"é"}'));
  t.strictSame(event?.end(), { id: '"é"', kind: 'response' });
});
