import t from 'tap';
import { needOf, refusalOf } from '../../../gateway/call/askable.ts';
import { readMessage, type Message } from '../../../gateway/jsonrpc/message.ts';

const read = (value: object): Message => readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...value })));

t.test('a client is asked what it declared, in the modes that it declared', async (t) => {
  const sampling = read({ id: 1, method: 'sampling/createMessage', params: {} });
  const tools = read({ id: 1, method: 'sampling/createMessage', params: { toolChoice: {} } });
  const form = read({ id: 1, method: 'elicitation/create', params: {} });
  const url = read({ id: 1, method: 'elicitation/create', params: { mode: 'url' } });
  const roots = read({ id: 1, method: 'roots/list' });
  const cases: [Message, object, number | undefined, object | undefined][] = [
    [sampling, { sampling: {} }, undefined, undefined],
    [sampling, {}, -32601, { sampling: {} }],
    [tools, { sampling: { tools: {} } }, undefined, undefined],
    [tools, { sampling: {} }, -32602, { sampling: { tools: {} } }],
    [form, { elicitation: {} }, undefined, undefined],
    [form, { elicitation: { form: {}, url: {} } }, undefined, undefined],
    [form, { elicitation: { url: {} } }, -32602, { elicitation: { form: {} } }],
    [url, { elicitation: { url: {} } }, undefined, undefined],
    [url, { elicitation: {} }, -32602, { elicitation: { url: {} } }],
    [url, { sampling: {} }, -32601, { elicitation: { url: {} } }],
    [roots, { roots: {} }, undefined, undefined],
    [roots, {}, -32601, { roots: {} }],
  ];
  for (const [asked, capabilities, code, required] of cases) {
    const need = needOf(asked);
    const refusal = need && refusalOf(need, { ...capabilities });
    t.equal(refusal?.code, code, `${asked.method} for ${JSON.stringify(capabilities)}`);
    t.strictSame(refusal?.required, required);
  }
});

t.test('other requests are none that a client can be asked', async (t) => {
  for (const method of ['constructor', 'ping', 'vendor/strange']) t.equal(needOf(read({ id: 1, method })), undefined);
});
