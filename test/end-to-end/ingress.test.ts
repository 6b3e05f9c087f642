/**
 * A gateway behind an Ingress: a real nginx that does what ingress-nginx makes of the annotations in
 * manifests/examples/ingress.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { load } from 'js-yaml';
import t, { type Test } from 'tap';
import { Agent, fetch as fetchOf } from 'undici';
import { gatewayServiceName } from '../../gateway/contract/names.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { callWithProgress, type TestClient } from '../support/clients.ts';
import { gatewayOfScripted } from '../support/gateway-of.ts';
import { modernRequest, send } from '../support/mcp-http.ts';
import { nginx, startNginx } from '../support/nginx.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  sent,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

interface Ingress {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly tls: readonly [{ readonly hosts: readonly string[] }];
    readonly rules: readonly [
      {
        readonly host: string;
        readonly http: { readonly paths: readonly [{ readonly backend: { readonly service: object } }] };
      },
    ];
  };
}
interface HttpRoute {
  readonly spec: {
    readonly hostnames: readonly string[];
    readonly rules: readonly [{ readonly backendRefs: readonly [object] }];
  };
}
interface GatewayObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly publicUrl: string };
}
const example = (file: string): unknown =>
  load(readFileSync(new URL(`../../manifests/examples/ingress/${file}`, import.meta.url), 'utf8'));
const ingress = example('ingress.yaml') as Ingress;
const route = example('http-route.yaml') as HttpRoute;
const gatewayObject = example('gateway.yaml') as GatewayObject;
const { publicUrl } = gatewayObject.spec;
const { host } = ingress.spec.rules[0];

/** More than a server that is set up for short answers waits. */
const SHORT_MS = 1000;
const MIB = 1024 * 1024;

/** Tells of its progress, and goes on when the test says so. */
const goOn: (() => void)[] = [];
const works: Script = async ({ response, message }) => {
  events(response);
  for (let progress = 1; progress <= 3; progress++) {
    const params = { progressToken: progressToken(message), progress };
    await sent(response, event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
    await new Promise<void>((resolve) => goOn.push(resolve));
  }
  response.end(event(textResult(message, 'done')));
};
/** Says nothing for longer than a short limit allows. */
const quiet: Script = async ({ response, message }) => {
  await delay(3 * SHORT_MS);
  json(response, textResult(message, 'late'));
};
const large: Script = ({ response, message }) =>
  json(response, textResult(message, String(JSON.stringify(message.params?.arguments).length)));
const policy = { hosts: [], publicUrl };
const { services, gateway } = await gatewayOfScripted(
  t,
  { era: 'modern', tools: { works, quiet, large } },
  { registry: { policy } },
);

/** What ingress-nginx makes of an annotation. */
const directiveOf: Readonly<Record<string, (value: string) => string>> = {
  'proxy-buffering': (value) => `proxy_buffering ${value};`,
  'proxy-read-timeout': (value) => `proxy_read_timeout ${value}s;`,
  'proxy-send-timeout': (value) => `proxy_send_timeout ${value}s;`,
  'proxy-body-size': (value) => `client_max_body_size ${value};`,
  'proxy-next-upstream': (value) => `proxy_next_upstream ${value};`,
  // Between several pods; here is one.
  'upstream-hash-by': () => '',
};
const ofAnnotations = Object.entries(ingress.metadata.annotations).map(([name, value]) => {
  const directive = directiveOf[name.replace('nginx.ingress.kubernetes.io/', '')];
  if (directive === undefined) throw new Error(`Nothing is known of the annotation ${name}.`);
  return directive(value);
});
/** What ingress-nginx sets in any case. */
const always = [
  'proxy_http_version 1.1;',
  'proxy_set_header Connection "";',
  'proxy_set_header Host $http_host;',
  'proxy_set_header X-Request-ID $request_id;',
  'proxy_set_header X-Real-IP $remote_addr;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Host $http_host;',
  'proxy_set_header X-Forwarded-Port 443;',
  'proxy_set_header X-Forwarded-Proto https;',
  'proxy_set_header X-Forwarded-Scheme https;',
  'proxy_set_header X-Scheme https;',
];
const authority = certificateAuthority();
const server = (directives: readonly string[]) => ({
  certificate: authority.issue(host),
  directives: [
    `server_name ${host};`,
    `location / { proxy_pass ${gateway.origin}; ${[...always, ...directives].join(' ')} }`,
  ],
});
const skip = nginx === undefined && 'there is no nginx here';
const [port = 0, shortPort = 0] =
  nginx === undefined
    ? []
    : await startNginx(t, [server(ofAnnotations), server([`proxy_read_timeout ${SHORT_MS}ms;`])]);

const trusting = new Agent({
  connect: { ca: authority.cert, lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  // It is the Ingress that is tested, not the client's own patience.
  bodyTimeout: 0,
});
t.teardown(() => trusting.close());
const throughIngress = ((url: string, init: object) => fetchOf(url, { ...init, dispatcher: trusting })) as typeof fetch;
const url = new URL(`https://${host}:${port}/mcp`);
const shortUrl = new URL(`https://${host}:${shortPort}/mcp`);

const connected: Readonly<Record<'legacy' | 'modern', (t: Test, url: URL) => Promise<TestClient>>> = {
  async legacy(t, url) {
    const client = new LegacyClient({ name: 'outside', version: '1' });
    const transport: Transport = new LegacyTransport(url, { fetch: throughIngress });
    await client.connect(transport);
    t.teardown(() => client.close());
    return client;
  },
  async modern(t, url) {
    const client = new ModernClient(
      { name: 'outside', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new ModernTransport(url, { fetch: throughIngress }));
    t.teardown(() => client.close());
    return client;
  },
};

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a ${era} client outside lists and calls tools`, { skip }, async (t) => {
    const client = await connected[era](t, url);
    t.strictSame((await client.listTools()).tools.map(({ name }) => name).sort(), [
      'server_large',
      'server_quiet',
      'server_works',
    ]);
    const padding = 'x'.repeat(3 * MIB);
    t.match(await client.callTool({ name: 'server_large', arguments: { padding } }), {
      content: [{ text: String(3 * MIB + 14) }],
    });
  });

  t.test(`progress of a long call reaches a ${era} client while the server still works`, { skip }, async (t) => {
    const client = await connected[era](t, url);
    const heard: number[] = [];
    const answer = callWithProgress(client, { name: 'server_works', arguments: {} }, (progress) =>
      heard.push(progress),
    );
    for (const progress of [1, 2, 3]) {
      await until('progress', () => heard.at(-1) === progress, { state: () => heard });
      // It may be on its way before the server has come to wait.
      (await until('the server to wait', () => goOn.shift()))();
    }
    t.match(await answer, { content: [{ text: 'done' }] });
  });

  t.test(
    `a call and a stream of a ${era} client may be quiet, where a short limit breaks the call off`,
    { skip },
    async (t) => {
      const client = await connected[era](t, url);
      let changes = 0;
      const onChange = (): void => void changes++;
      if (client instanceof ModernClient) {
        client.setNotificationHandler('notifications/tools/list_changed', onChange);
        await client.listen({ toolsListChanged: true });
      } else client.fallbackNotificationHandler = async () => onChange();
      t.match(await client.callTool({ name: 'server_quiet', arguments: {} }), { content: [{ text: 'late' }] });
      const more = await scriptedUpstream(t, { era: 'modern', tools: { more: quiet } });
      await gateway.publish([...services, entryFor(more.url, { name: 'more' })], { policy });
      await until('the news on the stream', () => changes > 0);
      await gateway.publish(services, { policy });

      const short = await connected[era](t, shortUrl);
      const cut: Promise<unknown> = short.callTool({ name: 'server_quiet', arguments: {} });
      await t.rejects(cut, /504/);
    },
  );
}

t.test('the examples lead to the Service of the Gateway, under the host of its public URL', async (t) => {
  const name = gatewayServiceName(gatewayObject.metadata.name);
  t.equal(host, new URL(publicUrl).host);
  t.strictSame(ingress.spec.tls[0].hosts, [host]);
  t.strictSame(route.spec.hostnames, [host]);
  t.strictSame(ingress.spec.rules[0].http.paths[0].backend.service, { name, port: { number: 8080 } });
  t.strictSame(route.spec.rules[0].backendRefs, [{ name, port: 8080 }]);
});

t.test('a page of the public URL may call, another may not, and no other name is served', { skip }, async (t) => {
  const asked = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const { body, headers: own } = modernRequest('tools/list', {}, { headers });
    return (await throughIngress(url.href, { method: 'POST', headers: own ?? {}, body: String(body) })).status;
  };
  t.equal(await asked({}), 200);
  t.equal(await asked({ origin: publicUrl }), 200);
  t.equal(await asked({ origin: 'https://evil.example.com' }), 403);
  const direct = modernRequest('tools/list', {}, { headers: { host: 'other.example.com', 'x-forwarded-host': host } });
  t.equal((await send(gateway.url, direct)).status, 403, 'what a proxy says of the name does not count');
});

t.test('links lead to the public URL, whatever the client says of the way', { skip }, async (t) => {
  const headers = {
    'x-forwarded-host': 'evil.example.com',
    'x-forwarded-proto': 'http',
    forwarded: 'host=evil.example.com',
  };
  const response = await throughIngress(new URL('/api/services', url).href, { headers });
  t.match(await response.json(), { url: `${publicUrl}/mcp` });
});
