/** What a page in a real browser can do with a gateway, by the page's origin. */
import t, { type Test } from 'tap';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { chromium, reportOf } from '../support/browser.ts';
import { gatewayOfScripted } from '../support/gateway-of.ts';
import { event, events, progressToken, textResult, type Script } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';

const KEY = 'a key of a page';
const APP = 'http://app.example.com';
const FOREIGN = 'http://foreign.example.org';

/** Answers as a stream, after some progress. */
const streams: Script = ({ response, message }) => {
  const params = { progressToken: progressToken(message), progress: 1 };
  events(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
  response.end(event(textResult(message, JSON.stringify(message.params?.arguments))));
};
const keys = new SecretFolder();
keys.write({ page: apiKeyHash(KEY) });
t.teardown(() => keys.remove());
const auth = { methods: [{ apiKey: { header: 'x-team-key' } }] };
const { upstream, gateway } = await gatewayOfScripted(
  t,
  { era: 'modern', tools: { streams } },
  {
    env: { FETCHFY_API_KEYS_DIR: keys.path },
    registry: {
      policy: { hosts: [], auth, cors: { allowOrigins: ['https://other.example.net', 'http://*.example.com'] } },
    },
  },
);

/** What a page found out of each era: tools, an answer and how often it heard of progress, or why there is none. */
interface Found {
  readonly legacy: Tried;
  readonly modern: Tried;
  /** The status of a request without a key, and what it may read of how to get in. */
  readonly keyless: { readonly status?: number; readonly challenge?: string | null; readonly error?: string };
}

interface Tried {
  readonly tools?: readonly string[];
  readonly text?: string;
  readonly progress?: number;
  readonly error?: string;
}

const script = `
  import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
  const url = ${JSON.stringify(gateway.url)};
  async function tried(options) {
    try {
      const client = new Client({ name: 'page', version: '1' }, options);
      const headers = { 'x-team-key': ${JSON.stringify(KEY)} };
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
      const { tools } = await client.listTools();
      let progress = 0;
      const called = { name: tools[0].name, arguments: { from: 'a page' } };
      const { content } = await client.callTool(called, { onprogress: () => progress++ });
      await client.close();
      return { tools: tools.map(({ name }) => name), text: content[0].text, progress };
    } catch (error) {
      return { error: String(error) };
    }
  }
  async function keyless() {
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      return { status: response.status, challenge: response.headers.get('www-authenticate') };
    } catch (error) {
      return { error: String(error) };
    }
  }
  await report({
    legacy: await tried({}),
    modern: await tried({ versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    keyless: await keyless(),
  });`;

function inBrowser(name: string, test: (t: Test) => Promise<void>): void {
  t.test(name, { skip: chromium === undefined && 'there is no Chromium here' }, test);
}

inBrowser('a page of an origin on the list lists and calls tools in both eras, with a key of its own', async (t) => {
  const { legacy, modern, keyless } = await reportOf<Found>({ origin: APP, script });
  const expected = { tools: ['server_streams'], text: '{"from":"a page"}', progress: 1 };
  t.strictSame(legacy, expected);
  t.strictSame(modern, expected);
  t.match(keyless, { status: 401, challenge: /^Bearer/ }, 'and may read why it is refused');
});

inBrowser('a page of another origin reads nothing, and no call of it reaches a server', async (t) => {
  const before = upstream.of('tools/call').length;
  const { legacy, modern, keyless } = await reportOf<Found>({ origin: FOREIGN, script });
  t.match(legacy.error, /Failed to fetch/);
  t.match(modern.error, /did not offer/);
  t.match(keyless.error, /Failed to fetch/);
  t.equal(upstream.of('tools/call').length, before);
});
