/** Answers of servers that are not UTF-8, as JSON must be (RFC 8259, section 8.1), in all four pairs of eras. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, modernRequest, open, textOf, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { event, events, scriptedUpstream, sent, textResult, type Script } from '../support/scripted-upstream.ts';

const LARGE = 'é'.repeat(1024 * 1024);

/** The bytes of a text in which a question mark is no character at all. */
function broken(text: string): Buffer {
  const bytes = Buffer.from(text);
  bytes[bytes.lastIndexOf('?')] = 0xff;
  return bytes;
}

const json: Script = ({ response, message }) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(broken(textResult(message, 'caf?')));

const tools: Readonly<Record<string, Script>> = {
  json,
  event: ({ response, message }) => void events(response).end(broken(event(textResult(message, 'caf?')))),
  large_json: ({ response, message }) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(broken(textResult(message, `${LARGE}?${LARGE}`))),
  large_event: ({ response, message }) =>
    void events(response).end(broken(event(textResult(message, `${LARGE}?${LARGE}`)))),
  // Cut amid characters, but whole.
  right: async ({ response, message }) => {
    const bytes = Buffer.from(textResult(message, LARGE));
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let at = 0; at < bytes.length; at += 100_001) await sent(response, bytes.subarray(at, at + 100_001));
    response.end();
  },
};
const legacy = await scriptedUpstream(t, { era: 'legacy', tools });
const modern = await scriptedUpstream(t, {
  era: 'modern',
  tools: {
    ...tools,
    right: ({ response, message }) => {
      const result = { resultType: 'complete', content: [{ type: 'text', text: LARGE }] };
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    },
  },
});
const gateway = await gatewayOf(t, { legacy, modern });
const { url } = gateway;
const session = await LegacySession.begin(url);

const clients = {
  legacy: {
    call: (name: string): Promise<RpcAnswer> => session.call(name),
    open: (name: string) => session.open('tools/call', { name, arguments: {} }),
  },
  modern: {
    call: (name: string): Promise<RpcAnswer> => modernCall(url, name),
    open: (name: string) => open(url, modernRequest('tools/call', { name, arguments: {} })),
  },
};

for (const [era, client] of Object.entries(clients)) {
  for (const server of ['legacy', 'modern']) {
    t.test(
      `${era} client, ${server} server: an answer that is held becomes an error that names the server`,
      async (t) => {
        for (const name of ['json', 'event']) {
          const { error } = await client.call(`${server}_${name}`);
          t.match(error, { code: -32603, message: new RegExp(`default/${server} .*it is not UTF-8`) }, name);
        }
        t.equal(textOf(await client.call(`${server}_right`)), LARGE, 'what is whole passes');
      },
    );

    t.test(`${era} client, ${server} server: a large answer never comes whole`, async (t) => {
      for (const name of ['large_json', 'large_event']) {
        const answer = new MessageStream(await client.open(`${server}_${name}`));
        const end = await answer.ended();
        // Held, since it has to be translated, it becomes an error; passed on as it comes, it breaks off.
        if (era === server) t.equal(end, 'broken', name);
        else t.match(answer.text, /"error".*it is not UTF-8/, name);
        t.notMatch(answer.text, '"result":{"content":[{"type":"text","text":"caf');
        t.notOk(answer.text.includes('\ufffd'), 'nothing of it is passed that is not UTF-8');
      }
    });
  }
}
