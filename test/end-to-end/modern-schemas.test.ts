/** Schemas that servers send: whatever dialect they name, they pass unchanged, and nothing that they refer to is fetched. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { answerTo, askedIn, put, questions, replies, replyOf, sendCall } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern, modernCall, textOf } from '../support/mcp-http.ts';
import {
  answering,
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';

/** Whoever dereferences what the schemas name connects here. */
let connections = 0;
const elsewhere = createServer((socket) => {
  connections++;
  socket.destroy();
}).listen(0, '127.0.0.1');
await once(elsewhere, 'listening');
t.teardown(() => void elsewhere.close());
const remote = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/schema.json`;

const dialects = {
  'draft-04': 'http://json-schema.org/draft-04/schema#',
  'draft-07': 'http://json-schema.org/draft-07/schema#',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
  unknown: 'https://example.com/no/such/dialect',
  remote,
} as const;

/** With keywords of several dialects, some of which contradict each other in others. */
const schemaIn = ($schema: string): object => ({
  $schema,
  $id: remote,
  type: 'object',
  properties: {
    near: { $ref: '#/$defs/near' },
    far: { $ref: remote },
    farther: { $dynamicRef: `${remote}#there` },
    pair: { type: 'array', items: [{ type: 'string' }], additionalItems: false },
    size: { type: 'integer', minimum: 0, exclusiveMinimum: true },
  },
  $defs: { near: { type: 'string' } },
  definitions: {},
  'x-vendor': [null],
});

const tools = Object.entries(dialects).map(([name, uri]) => ({
  name,
  inputSchema: schemaIn(uri),
  outputSchema: schemaIn(uri),
}));

/** A form that refers to elsewhere. */
const form = {
  ...questions.form,
  params: {
    message: 'who?',
    requestedSchema: { ...schemaIn(dialects['2020-12']), properties: { a: { $ref: remote } } },
  },
};
/** What no such schema allows, if anyone looked. */
const odd = { near: 1, far: 2, size: -1 };

const lists: Script = answering({ tools, resultType: 'complete', ttlMs: 0, cacheScope: 'public' });

const structured: Script = ({ response, message }) =>
  json(response, result(message, { content: [], structuredContent: message.params?.arguments }));

let serial = 0;
const asksForm: Script = async (arrival) => {
  const own = `form-${++serial}`;
  events(arrival.response);
  put(arrival, own, form);
  const { result: said } = await replyOf(upstreams.legacy, own);
  arrival.response.end(event(textResult(arrival.message, JSON.stringify(said))));
};

const needsForm: Script = ({ response, message }) => {
  const { inputResponses } = message.params ?? {};
  if (inputResponses !== undefined) return json(response, textResult(message, JSON.stringify(inputResponses)));
  return json(
    response,
    result(message, { resultType: 'input_required', inputRequests: { who: form }, requestState: 's' }),
  );
};

const calls = Object.fromEntries(tools.map(({ name }): [string, Script] => [name, structured]));
const methods = { 'tools/list': lists };
const upstreams: Readonly<Record<'legacy' | 'modern', ScriptedUpstream>> = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools: { ...calls, form: asksForm }, methods }),
  modern: await scriptedUpstream(t, { era: 'modern', tools: { ...calls, form: needsForm }, methods }),
};
const gateway = await gatewayOf(t, upstreams);
const { url } = gateway;

for (const server of ['legacy', 'modern'] as const) {
  t.test(`tools of a ${server} server are taken and listed with their schemas unchanged, in any dialect`, async (t) => {
    const at = `${url}/default/${server}`;
    const session = await LegacySession.begin(at);
    for (const answer of [answerOf(await modern(at, 'tools/list')), await session.rpc('tools/list')])
      t.strictSame(answer.result?.['tools'], tools);
    const { services } = await gateway.report();
    t.match(
      services.find(({ name }) => name === server),
      { state: 'Available', toolCount: tools.length },
    );
  });

  t.test(`no value is held to the schemas of a ${server} server by the gateway`, async (t) => {
    const session = await LegacySession.begin(url);
    for (const { name } of tools) {
      for (const answer of [
        await modernCall(url, `${server}_${name}`, odd),
        await session.call(`${server}_${name}`, odd),
      ])
        t.strictSame(answer.result?.['structuredContent'], odd, name);
    }
  });

  t.test(`a form of a ${server} server comes with its schema unchanged, whatever that refers to`, async (t) => {
    const call = {
      url: `${url}/default/${server}`,
      params: { name: 'form', arguments: {} },
      capabilities: { elicitation: {} },
    };
    const { inputRequests, requestState } = askedIn(await sendCall(call));
    t.strictSame(Object.values(inputRequests), [form]);
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, replies.form]));
    t.match(textOf(await answerTo(call, { requestState, inputResponses })), 'Ada');
  });
}

t.test('and nobody has ever asked for what the schemas refer to', async (t) => {
  t.equal(connections, 0);
  await fetch(remote).catch(() => undefined);
  t.equal(connections, 1, 'which would have been seen');
});
