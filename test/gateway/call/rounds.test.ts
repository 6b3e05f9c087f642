import t from 'tap';
import { readRound } from '../../../gateway/call/rounds.ts';
import { JsonScanError } from '../../../gateway/jsonrpc/message-scan.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { knownServer } from '../../support/routed.ts';

const server = knownServer('cart', {});

function read(members: object, declared: Record<string, unknown> = { sampling: {}, elicitation: {}, roots: {} }) {
  const result = { resultType: 'input_required', ...members };
  return readRound(server, readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))), declared);
}

const roots = { method: 'roots/list' };
const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
const withTools = { ...sampling, params: { ...sampling.params, tools: [] } };
const form = { method: 'elicitation/create', params: { message: 'who?' } };
const url = { method: 'elicitation/create', params: { mode: 'url', message: 'pay', url: 'https://example.com/' } };

t.test('requests come under the server’s keys, the state as it is written', async (t) => {
  t.strictSame(read({ inputRequests: { a: roots, b: sampling }, requestState: 'é"' }), {
    requests: [
      { key: 'a', method: 'roots/list', params: undefined },
      { key: 'b', ...sampling },
    ],
    state: '"é\\""',
  });
  t.strictSame(read({ requestState: '' }), { requests: [], state: '""' });
});

t.test('what is no InputRequiredResult is the server’s fault', async (t) => {
  const faults: [object, RegExp][] = [
    [{}, /neither what nor with which state/],
    [{ inputRequests: {} }, /neither what nor with which state/],
    [{ inputRequests: [roots] }, /in a form that is no object/],
    [{ inputRequests: { a: 'roots/list' } }, /by what is no request/],
    [{ inputRequests: { a: { params: {} } } }, /by what is no request/],
    [{ inputRequests: { a: { method: 'tools/list' } } }, /by tools\/list, which is nothing that can be asked for/],
    [{ inputRequests: { a: { method: 'constructor' } } }, /by constructor, which is nothing/],
    [{ requestState: 7 }, /with a state that is no string/],
    [{ inputRequests: { a: roots }, requestState: null }, /with a state that is no string/],
  ];
  for (const [members, message] of faults) {
    const error = { code: -32603, message, data: { server: 'shop/cart' } };
    t.throws(() => read(members), error, JSON.stringify(members));
  }
});

t.test('a key that stands twice is the server’s fault', async (t) => {
  const twice = '{"a":{"method":"roots/list"},"\\u0061":{"method":"roots/list"}}';
  const result = `{"resultType":"input_required","inputRequests":${twice}}`;
  const answer = readMessage(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`));
  t.throws(() => readRound(server, answer, { roots: {} }), JsonScanError);
});

t.test('what was not declared is the server’s fault, be it a feature or a mode of one', async (t) => {
  const cases: [object, Record<string, unknown>, RegExp | undefined][] = [
    [roots, { sampling: {} }, /by roots\/list, which/],
    [sampling, { roots: {} }, /by sampling\/createMessage, which/],
    [withTools, { sampling: {} }, /by sampling\/createMessage \(tools\), which/],
    [withTools, { sampling: { tools: {} } }, undefined],
    [form, { elicitation: {} }, undefined],
    [form, { elicitation: { url: {} } }, /by elicitation\/create \(form\), which/],
    [url, { elicitation: {} }, /by elicitation\/create \(url\), which/],
    [url, { elicitation: { form: {} } }, /by elicitation\/create \(url\), which/],
    [url, { elicitation: { url: {} } }, undefined],
  ];
  for (const [request, declared, says] of cases) {
    const ask = () => read({ inputRequests: { a: request } }, declared);
    if (says === undefined) t.equal(ask().requests.length, 1);
    else t.throws(ask, { code: -32603, message: says });
  }
});
