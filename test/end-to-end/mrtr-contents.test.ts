/** What servers ask clients, and what those say, passes whole wherever one of both speaks 2026-07-28. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { asking, legacyAsker, modernAsker, roundTrips, toldIn, type Question } from '../support/round-trips.ts';

const servers = { modern: await modernAsker(t), legacy: await legacyAsker(t) };
const gateway = await gatewayOf(t, servers);

const capabilities = { sampling: { tools: {}, context: {} }, elicitation: { form: {}, url: {} }, roots: {} };
const pairs = [
  ['modern', 'modern'],
  ['modern', 'legacy'],
  ['legacy', 'modern'],
] as const;

/** What no specification knows passes too. */
const more = { 'com.example/more': [1, null, { é: '\u2028' }] };
const said = (text: string): object => ({ type: 'text', text });
const user = (content: unknown): object => ({ role: 'user', content });
const assistant = (content: unknown): object => ({ role: 'assistant', content });
const used = (id: string): object => ({
  type: 'tool_use',
  id,
  name: 'weather',
  input: { city: 'Paris', deep: [[{}]] },
});
const used2 = (toolUseId: string): object => ({
  type: 'tool_result',
  toolUseId,
  content: [said('18 °C')],
  isError: false,
});

const form = {
  message: 'Wer?',
  requestedSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      name: { type: 'string', title: 'Name', description: 'd', minLength: 3, maxLength: 50, default: 'Ada' },
      mail: { type: 'string', format: 'email' },
      site: { type: 'string', format: 'uri' },
      day: { type: 'string', format: 'date' },
      time: { type: 'string', format: 'date-time' },
      weight: { type: 'number', minimum: 0, maximum: 100.5, default: 0.1 },
      age: { type: 'integer', minimum: 0 },
      agrees: { type: 'boolean', default: false },
      colour: { type: 'string', enum: ['r', 'g'], default: 'g' },
      named: { type: 'string', oneOf: [{ const: 'r', title: 'Red' }] },
      old: { type: 'string', enum: ['r'], enumNames: ['Red'] },
      many: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string', enum: ['r', 'g'] }, default: ['r'] },
      titled: { type: 'array', items: { anyOf: [{ const: 'r', title: 'Red' }] } },
    },
    required: ['name', 'age'],
    ...more,
  },
  ...more,
};
const filled = {
  name: 'Ada',
  weight: 0.1,
  age: 36,
  agrees: true,
  colour: 'r',
  many: ['r', 'g'],
  mail: 'a@example.com',
};
const sampled = { model: 'm', role: 'assistant', content: said('Paris'), stopReason: 'endTurn', ...more };

interface Case {
  readonly method: string;
  readonly params?: Record<string, unknown>;
  readonly reply: Record<string, unknown>;
}

const cases: Readonly<Record<string, Case>> = {
  'roots, all that there is of them': {
    method: 'roots/list',
    reply: {
      roots: [
        { uri: 'file:///home/a%20b', name: 'A B', _meta: more, ...more },
        { uri: 'file:///', ...more },
      ],
      _meta: more,
    },
  },
  'no roots': { method: 'roots/list', reply: { roots: [] } },
  'a sampling with all its parameters': {
    method: 'sampling/createMessage',
    params: {
      messages: [
        user({ type: 'image', data: 'AAAA', mimeType: 'image/png' }),
        user([said('x'), { type: 'audio', data: 'AAAA', mimeType: 'audio/wav', ...more }]),
      ],
      modelPreferences: {
        hints: [{ name: 'a' }, { name: 'b' }],
        costPriority: 0.3,
        intelligencePriority: 1,
        speedPriority: 0,
      },
      systemPrompt: 'Be brief.',
      includeContext: 'allServers',
      temperature: 0.1,
      maxTokens: 1,
      stopSequences: ['\n', ''],
      metadata: { provider: more },
      ...more,
    },
    reply: sampled,
  },
  'a sampling with the context of its server': {
    method: 'sampling/createMessage',
    params: { messages: [user(said('x'))], maxTokens: 7, includeContext: 'thisServer' },
    reply: sampled,
  },
  'a sampling with tools': {
    method: 'sampling/createMessage',
    params: {
      messages: [user(said('weather?'))],
      tools: [
        { name: 'weather', description: 'd', inputSchema: { type: 'object', properties: { city: true } }, ...more },
      ],
      toolChoice: { mode: 'required' },
      maxTokens: 9,
    },
    reply: { ...sampled, content: [used('a'), used('b')], stopReason: 'toolUse' },
  },
  'tool uses and their results': {
    method: 'sampling/createMessage',
    params: {
      messages: [
        user(said('weather?')),
        assistant([used('a'), used('b')]),
        user([used2('b'), used2('a')]),
        assistant(used('c')),
        user(used2('c')),
      ],
      tools: [],
      maxTokens: 9,
    },
    reply: sampled,
  },
  'tool uses without their results, and results among other things': {
    method: 'sampling/createMessage',
    params: {
      messages: [assistant([used('a'), said('hm')]), user([said('no'), used2('z')]), assistant(used('b'))],
      tools: [],
      maxTokens: 9,
    },
    reply: sampled,
  },
  'a form of every kind, without a mode': {
    method: 'elicitation/create',
    params: form,
    reply: { action: 'accept', content: filled, ...more },
  },
  'a form that says its mode': {
    method: 'elicitation/create',
    params: { mode: 'form', ...form },
    reply: { action: 'accept', content: filled },
  },
  'a form that is declined': { method: 'elicitation/create', params: form, reply: { action: 'decline' } },
  'a form that is cancelled': { method: 'elicitation/create', params: form, reply: { action: 'cancel', _meta: more } },
  'a URL with everything in it': {
    method: 'elicitation/create',
    params: { mode: 'url', message: 'pay', url: 'https://example.com:8443/%C3%A9/?a=b&a=%20c#d', ...more },
    reply: { action: 'accept' },
  },
};

for (const [era, serverEra] of pairs) {
  for (const [name, { reply, ...question }] of Object.entries(cases)) {
    t.test(`${name}: as a ${serverEra} server asks, a ${era} client is asked, and answers`, async (t) => {
      const args = asking({ inputRequests: { one: question } });
      const call = { url: gateway.url, params: { name: `${serverEra}_asks`, arguments: args }, capabilities };
      const { asked, answer } = await roundTrips[era](call, () => reply);
      t.strictSame(
        asked.map((each) => withoutId(each, era)),
        [question],
      );
      t.strictSame(toldIn(answer), { one: reply });
    });
  }

  t.test(
    `in a second round of a ${serverEra} server, a ${era} client is asked what is in it and nothing else`,
    async (t) => {
      const sampling = (text: string): Question => ({
        method: 'sampling/createMessage',
        params: { messages: [user(said(text))], maxTokens: 1 },
      });
      const args = asking({ inputRequests: { a: sampling('first') } }, { inputRequests: { b: sampling('second') } });
      const call = { url: gateway.url, params: { name: `${serverEra}_asks`, arguments: args }, capabilities };
      const { asked, answer } = await roundTrips[era](call, () => sampled);
      t.strictSame(asked, [sampling('first'), sampling('second')]);
      t.strictSame(toldIn(answer), { b: sampled });
    },
  );
}

/** Legacy clients get an id with a URL, which modern servers do not have. */
function withoutId({ method, params }: Question, era: string): Question {
  if (params === undefined) return { method };
  const { elicitationId, ...rest } = params;
  if (era === 'legacy' && params['mode'] === 'url' && typeof elicitationId !== 'string')
    throw new Error('no elicitationId');
  return { method, params: era === 'legacy' ? rest : params };
}
