import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, type RpcAnswer } from '../support/mcp-http.ts';
import {
  event,
  events,
  json,
  progressToken,
  result,
  scriptedUpstream,
  sent,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';

/** What a server may do wrong, and what the client is told beside the server's name. */
const faults: Readonly<Record<string, { readonly does: Script; readonly says: RegExp }>> = {
  'breaks off before it answers': {
    does: ({ request }) => void request.socket.destroy(),
    says: /broke off before its answer/,
  },
  'breaks off in the middle of JSON': {
    does: async ({ request, response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      await sent(response, '{"jsonrpc":"2.0",');
      request.socket.destroy();
    },
    says: /broke off before its answer/,
  },
  'breaks off in the middle of an event': {
    does: async ({ request, response }) => {
      await sent(events(response), 'event: message\ndata: {"jsonrpc":');
      request.socket.destroy();
    },
    says: /broke off before its answer/,
  },
  'breaks off after an event': {
    does: async ({ request, response, message }) => {
      const params = { progressToken: progressToken(message) ?? 'none', progress: 1 };
      await sent(events(response), event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
      request.socket.destroy();
    },
    says: /broke off before its answer/,
  },
  'ends its stream without an answer': {
    does: ({ response }) => void events(response).end(': nothing follows\n\n'),
    says: /ended its stream without an answer/,
  },
  'answers another request on its stream': {
    does: ({ response, message }) => void events(response).end(event(result({ ...message, id: 'another' }, {}))),
    says: /ended its stream without an answer/,
  },
  'answers another request': {
    does: ({ response, message }) => json(response, result({ ...message, id: 'another' }, {})),
    says: /sent an answer to another request/,
  },
  'answers with broken JSON': {
    does: ({ response }) => json(response, '{"jsonrpc":"2.0","id":'),
    says: /no JSON-RPC answer/,
  },
  'sends an event with broken JSON': {
    does: ({ response }) => void events(response).write('data: {"jsonrpc":\n\n'),
    says: /no JSON-RPC answer/,
  },
  'answers with JSON that is not UTF-8': {
    does: ({ response, message }) => {
      const body = Buffer.from(textResult(message, 'caf?'));
      body[body.indexOf('?')] = 0xe9;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    },
    says: /it is not UTF-8/,
  },
  'sends an event that is not UTF-8': {
    does: ({ response, message }) => {
      const frame = Buffer.from(event(textResult(message, 'caf?')));
      frame[frame.indexOf('?')] = 0xe9;
      events(response).end(frame);
    },
    says: /it is not UTF-8/,
  },
  'answers with an array': {
    does: ({ response, message }) => json(response, `[${result(message, {})}]`),
    says: /no JSON-RPC answer/,
  },
  'answers with a result and an error': {
    does: ({ response, message }) =>
      json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {}, error: { code: 1, message: 'x' } })),
    says: /no JSON-RPC answer/,
  },
  'answers with an error that is a text': {
    does: ({ response, message }) => json(response, badError(message.id, 'no')),
    says: /an error without an integer code and a message/,
  },
  'answers with an error that is null': {
    does: ({ response, message }) => json(response, badError(message.id, null)),
    says: /an error without an integer code and a message/,
  },
  'answers with an error without a code': {
    does: ({ response, message }) => json(response, badError(message.id, { message: 'no' })),
    says: /an error without an integer code and a message/,
  },
  'answers with an error whose code is a text': {
    does: ({ response, message }) => json(response, badError(message.id, { code: '-32000', message: 'no' })),
    says: /an error without an integer code and a message/,
  },
  'answers with an error whose code is a fraction': {
    does: ({ response, message }) => json(response, badError(message.id, { code: -32000.5, message: 'no' })),
    says: /an error without an integer code and a message/,
  },
  'answers with an error without a message': {
    does: ({ response, message }) => json(response, badError(message.id, { code: -32000, data: {} })),
    says: /an error without an integer code and a message/,
  },
  'sends an error without a message on its stream': {
    does: ({ response, message }) => void events(response).end(event(badError(message.id, { code: -32000 }))),
    says: /an error without an integer code and a message/,
  },
  'answers with nothing': { does: ({ response }) => json(response, ''), says: /no JSON-RPC answer/ },
  'answers that it took a notification': {
    does: ({ response }) => void response.writeHead(202).end(),
    says: /answered HTTP 202/,
  },
  'answers with a page': {
    does: ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
    says: /answered HTTP 200 with content type text\/html/,
  },
  'answers with a text that is JSON': {
    does: ({ response, message }) =>
      void response.writeHead(200, { 'content-type': 'text/plain' }).end(result(message, {})),
    says: /answered HTTP 200 with content type text\/plain/,
  },
  'answers with an error page': {
    does: ({ response }) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oops</h1>'),
    says: /answered HTTP 500/,
  },
  'answers with another API’s error': {
    does: ({ response }) => json(response, '{"detail":"Not authenticated"}', 403),
    says: /answered HTTP 403/,
  },
  'has never heard of the path': {
    does: ({ response }) => void response.writeHead(404, { 'content-type': 'text/plain' }).end('not here'),
    says: /answered HTTP 404/,
  },
  'compresses what nobody asked it to': {
    does: ({ response, message }) => {
      const body = gzipSync(textResult(message, 'small'));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    },
    says: /content encoding gzip/,
  },
  'sends the gateway elsewhere': {
    does: ({ request, response }) => {
      const location = `http://${String(request.headers.host)}/elsewhere`;
      response.writeHead(307, { location }).end();
    },
    says: /answered HTTP 307/,
  },
  'switches to another protocol': {
    does: ({ request }) => void request.socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    says: /broke off before its answer/,
  },
  'speaks no HTTP': {
    does: ({ request }) => void request.socket.end('220 mail.example.com ESMTP\r\n'),
    says: /broke off before its answer/,
  },
  'sends endless headers': {
    does: ({ response }) => void response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end(),
    says: /broke off before its answer/,
  },
};

/** What looks odd and is an answer all the same. */
const oddities: Readonly<Record<string, { readonly does: Script; readonly answer: RegExp }>> = {
  'its own error': {
    does: ({ response, message }) => json(response, rpcError(message.id)),
    answer: /"its own words"/,
  },
  'its own error with HTTP 400': {
    does: ({ response, message }) => json(response, rpcError(message.id), 400),
    answer: /"its own words"/,
  },
  'its own error with HTTP 500': {
    does: ({ response, message }) => json(response, rpcError(message.id), 500),
    answer: /"its own words"/,
  },
  'an error with the id null': {
    does: ({ response }) => json(response, rpcError(null)),
    answer: /"its own words"/,
  },
  'an error with the id null on a stream': {
    does: ({ response }) => void events(response).end(event(rpcError(null))),
    answer: /"its own words"/,
  },
  'an error without an id': {
    does: ({ response }) => json(response, rpcError(undefined)),
    answer: /"its own words"/,
  },
  'an error without an id on a stream': {
    does: ({ response }) => void events(response).end(event(rpcError(undefined))),
    answer: /"its own words"/,
  },
  'two answers, of which the first counts': {
    does: ({ response, message }) =>
      void events(response).end(event(textResult(message, 'first')) + event(textResult(message, 'second'))),
    answer: /"first"/,
  },
  'an answer on a stream that stays open': {
    does: ({ response, message }) => void events(response).write(event(textResult(message, 'open end'))),
    answer: /"open end"/,
  },
  'an answer in several lines of data': {
    does: ({ response, message }) => {
      const lines = JSON.stringify(JSON.parse(textResult(message, 'many lines')), undefined, 2).split('\n');
      events(response).end(`${lines.map((line) => `data: ${line}`).join('\r\n')}\r\n\r\n`);
    },
    answer: /"many lines"/,
  },
  'an answer among events of other types and comments': {
    does: ({ response, message }) => {
      const others = 'retry: 10\n\n: hello\n\nevent: ping\ndata: 12:00\n\nid: 7\ndata:\n\n';
      events(response).end(others + event(textResult(message, 'amid')));
    },
    answer: /"amid"/,
  },
  'an answer that came in single bytes': {
    does: async ({ response, message }) => {
      events(response);
      for (const byte of Buffer.from(event(textResult(message, 'bit by bit')))) await sent(response, Buffer.of(byte));
      response.end();
    },
    answer: /"bit by bit"/,
  },
};

function badError(id: unknown, error: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

function rpcError(id: unknown): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: { code: -32000, message: 'its own words', data: { kept: true } },
  });
}

/** Names as tools have them. */
const toolName = (sentence: string): string => sentence.replaceAll(/[^a-z0-9]+/gi, '_');
const tools: Record<string, Script> = { well: ({ response, message }) => json(response, textResult(message, 'well')) };
for (const [name, { does }] of Object.entries({ ...faults, ...oddities })) tools[toolName(name)] = does;

const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
  stateless: await scriptedUpstream(t, { era: 'stateless', tools }),
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
};
const gateway = await gatewayOf(t, upstreams);

/** How a client of an era calls a tool. */
type Call = (name: string) => Promise<RpcAnswer>;
const session = await LegacySession.begin(gateway.url);
const clients: Readonly<Record<string, Call>> = {
  legacy: (name) => session.call(name, {}, { id: 'é"1' }),
  modern: (name) => modernCall(gateway.url, name, {}, { id: 'é"1' }),
};

for (const [client, call] of Object.entries(clients)) {
  for (const server of Object.keys(upstreams)) {
    t.test(`a ${client} client of a server that is ${server}`, async (t) => {
      for (const [name, { says }] of Object.entries(faults)) {
        t.test(`is told, once and at once, when it ${name}`, (t) => told(t, call, server, toolName(name), says));
      }
      for (const [name, { answer }] of Object.entries(oddities)) {
        t.test(`gets ${name}`, async (t) => {
          const got = await call(`${server}_${toolName(name)}`);
          t.equal(got.id, 'é"1');
          t.match(JSON.stringify(got), answer);
        });
      }
    });
  }
}

t.test('no server was sent anything but its own requests', async (t) => {
  for (const { arrivals } of Object.values(upstreams)) {
    const elsewhere = arrivals.filter(({ request }) => request.url !== '/mcp');
    t.strictSame(elsewhere.length, 0);
  }
});

t.test('nothing of all that was a fault of the gateway', async (t) => {
  t.notMatch(gateway.log(), /"level":"error"/);
  t.notMatch(gateway.log(), /Warning/);
});

async function told(t: Test, call: Call, server: string, tool: string, says: RegExp): Promise<void> {
  const began = performance.now();
  const { id, error, result: none } = await call(`${server}_${tool}`);
  const took = performance.now() - began;
  t.equal(none, undefined);
  t.equal(id, 'é"1', 'the client’s own id');
  t.equal(error?.code, -32603);
  t.match(error?.message, `default/${server}`);
  t.match(error?.message, says);
  t.strictSame(error?.data, { server: `default/${server}` });
  // Not at the deadline, which is a minute.
  t.ok(took < 5000, `${took} ms`);
  t.equal((await call(`${server}_well`)).error, undefined, 'the next call is unharmed');
}
