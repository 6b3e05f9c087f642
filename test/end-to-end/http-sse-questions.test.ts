import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CreateMessageRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import t, { type Test } from 'tap';
import { entryFor } from '../support/registry-folder.ts';
import { httpSseScripted, type HttpSseScript, type Posted } from '../support/servers/http-sse-scripted.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const question = {
  jsonrpc: '2.0',
  id: 'question 1',
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Who?' } }], maxTokens: 10 },
};

/** A client of the legacy era before a scripted server; not connected yet. */
async function before(t: Test, script: HttpSseScript, capabilities: Record<string, object>) {
  const server = await httpSseScripted(t, script);
  const gateway = await startGateway([entryFor(`http://${server.target}/sse`, { name: 'old' })], {
    env: { FETCHFY_DRAIN_TIMEOUT: '1s' },
  });
  t.teardown(() => gateway.stop());
  const client = new Client({ name: 'fetchfy-test', version: '1' }, { capabilities });
  t.teardown(() => client.close());
  const connect = async () => {
    const transport: Transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/default/old`));
    await client.connect(transport);
  };
  return { server, client, connect };
}

t.test('a server’s question in the middle of a call is asked of its client, and answered', async (t) => {
  let call: Posted | undefined;
  const { server, client, connect } = await before(
    t,
    {
      methods: {
        'tools/call': (posted) => {
          call = posted;
          posted.say(question);
        },
      },
    },
    { sampling: {} },
  );
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
    role: 'assistant',
    model: 'test',
    content: { type: 'text', text: `answer to ${JSON.stringify(params.messages[0]?.content)}` },
  }));
  await connect();
  const answer = client.callTool({ name: 'ask', arguments: {} });
  const response = await until('the response', () => server.posted.find(({ message }) => message.id === question.id));
  t.match(response.message, { result: { model: 'test', content: { text: /Who\?/ } } });
  call?.result({ content: [{ type: 'text', text: 'thanks' }] });
  t.match(await answer, { content: [{ text: 'thanks' }] });
});

t.test('a question that the client cannot answer is refused, and the call goes on', async (t) => {
  let call: Posted | undefined;
  const { server, client, connect } = await before(
    t,
    {
      methods: {
        'tools/call': (posted) => {
          call = posted;
          posted.say(question);
        },
      },
    },
    {},
  );
  await connect();
  const answer = client.callTool({ name: 'ask', arguments: {} });
  const response = await until('the response', () => server.posted.find(({ message }) => message.id === question.id));
  t.match(response.message, { error: { code: -32601 } });
  call?.result({ content: [] });
  t.match(await answer, { content: [] });
});

t.test('log messages reach the client of the session', async (t) => {
  const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'working' } };
  const { client, connect } = await before(
    t,
    {
      capabilities: { tools: {}, logging: {} },
      methods: {
        'tools/call': ({ say, result }) => {
          say(log);
          result({ content: [] });
        },
      },
    },
    {},
  );
  const heard: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data));
  await connect();
  await client.callTool({ name: 'ask', arguments: {} });
  await until('the message', () => heard.length > 0);
  t.same(heard, ['working']);
});
