import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { pageBounds } from '../../../gateway/http/page-services.ts';
import type { PageAgent, PageService, PageView } from '../../../gateway/http/page-view.ts';
import { pageHeaders, renderPage, renderServices } from '../../../gateway/http/page.ts';

function service(name: string, changes: Partial<PageService> = {}): PageService {
  return {
    namespace: 'shop',
    name,
    type: 'tool',
    prefix: name,
    path: `/mcp/shop/${name}`,
    state: 'Available',
    tools: [{ name: 'look', description: 'Looks.' }],
    promptCount: 0,
    resourceCount: 0,
    ...changes,
  };
}

function view(changes: Partial<PageView> = {}): PageView {
  return {
    gateway: { namespace: 'tools', name: 'main' },
    revision: 'abcdef0123456789'.repeat(4),
    url: 'https://mcp.example.com/mcp',
    services: [],
    rejected: [],
    ...changes,
  };
}

/** The text of the page as a person reads it, without its style and script. */
function readable(page: string): string {
  return page
    .replaceAll(/<(style|script)>[^]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

t.test('it says how much there is, and what is wrong', async (t) => {
  const text = readable(
    renderPage(
      view({
        services: [
          service('cart'),
          service('stock', { state: 'Pending', message: 'No endpoint is ready yet.' }),
          service('till', { state: 'Unavailable', message: 'It answers with HTTP 500.' }),
        ],
      }),
    ),
  );
  t.match(text, '3 tools from 3 servers, at one URL');
  t.match(text, 'Right now 1 is pending and 1 is unavailable.');
  t.match(text, 'No endpoint is ready yet.');
  t.match(text, 'It answers with HTTP 500.');
});

t.test('a service shows its tools, its own URL, its alias, version, era and notes', async (t) => {
  const full = service('cart', {
    alias: '/mcp/tools/cart',
    description: 'Baskets.',
    version: '2.4.1',
    note: 'Its prefix was taken.',
    era: 'modern',
    tools: [{ name: 'add_item', description: 'Adds an item.' }, { name: 'bare' }],
    promptCount: 2,
    resourceCount: 1,
  });
  const text = readable(renderPage(view({ services: [full] })));
  for (const part of [
    'https://mcp.example.com/mcp/shop/cart',
    'https://mcp.example.com/mcp/tools/cart',
    'Baskets.',
    '2.4.1',
    'Its prefix was taken.',
    'MCP 2026-07-28',
    'add_item',
    'Adds an item.',
    'bare',
    '2 tools · 2 prompts · 1 resource',
  ]) {
    t.match(text, part);
  }
});

/** An agent's card, of nothing but one text. */
function agentOf(text: string): PageAgent {
  return {
    name: text,
    description: text,
    version: text,
    speaks: text,
    isStreaming: true,
    inputModes: [text],
    outputModes: [text],
    skills: [{ id: text, name: text, description: text }],
  };
}

t.test('an agent shows what its card says', async (t) => {
  const agent: PageAgent = {
    name: 'Travel planner',
    description: 'Plans trips.',
    version: '1.7.0',
    speaks: 'A2A 1.0',
    isStreaming: true,
    inputModes: ['text/plain'],
    outputModes: ['application/json'],
    skills: [
      { id: 'plan', name: 'Plan a trip', description: 'Day by day.' },
      { id: 'pack', name: 'Pack a bag' },
    ],
  };
  const travel = service('travel', { type: 'agent', description: 'For short trips.', agent });
  const text = readable(renderPage(view({ services: [service('cart'), travel] })));
  t.match(text, '2 tools from 1 server and 1 agent, at one URL');
  for (const part of [
    'For short trips.',
    'Travel planner 1.7.0',
    'Plans trips.',
    'A2A 1.0',
    'Plan a trip Day by day.',
    'Pack a bag',
    'text/plain',
    'application/json',
    '1 tool · 2 skills',
    'As tools look',
  ]) {
    t.match(text, part);
  }
  t.equal(text.split('Looks.').length, 2, 'what its tools do is said by its skills');
});

t.test('an agent without a usable card shows the reason', async (t) => {
  const message = 'The agent card is of no use: its name has to have 1 to 256 characters.';
  const text = readable(
    renderPage(view({ services: [service('odd', { type: 'agent', state: 'Unavailable', message, tools: [] })] })),
  );
  t.match(text, message);
});

t.test('a rejected Service is shown with its reason and what to do', async (t) => {
  const rejected = [
    { namespace: 'lab', name: 'odd', type: 'tool', reason: 'AmbiguousPort', message: 'Name one.' },
  ] as const;
  t.match(readable(renderPage(view({ rejected }))), /Not served.*lab\/ odd.*AmbiguousPort.*Name one\./);
  t.notMatch(readable(renderPage(view())), /Not served/);
});

t.test('without services it says how one is added', async (t) => {
  t.match(readable(renderPage(view())), 'kubectl label service my-server mcp-enabled=true');
});

t.test('before the first registry it says that it waits', async (t) => {
  const text = readable(renderPage(view({ revision: null })));
  t.match(text, 'waits for its registry');
  t.notMatch(text, 'kubectl label');
});

t.test('of very many it shows the first, and where the rest is', async (t) => {
  const services = Array.from({ length: pageBounds.services + 7 }, (_, number) => service(`s-${number}`));
  const page = renderPage(view({ services }));
  t.equal(page.split('<details').length - 1, pageBounds.services);
  t.match(readable(page), 'And 7 more services: all are in /api/services');
});

t.test("the policy allows the page's own style and script by their hashes, and nothing else", async (t) => {
  const page = renderPage(view({ services: [service('cart')] }));
  const policy = pageHeaders['content-security-policy'] ?? '';
  for (const element of ['style', 'script']) {
    const contents = [...page.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))].map(
      (match) => match[1] ?? '',
    );
    t.equal(contents.length, 1, element);
    const hash = createHash('sha256')
      .update(contents[0] ?? '')
      .digest('base64');
    t.match(policy, `${element}-src 'sha256-${hash}';`);
  }
  t.match(policy, "default-src 'none'");
  t.notMatch(policy, /unsafe|\*/);
});

t.test('it needs nothing from elsewhere', async (t) => {
  const page = renderPage(view({ services: [service('cart')] }));
  const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] ?? '');
  t.strictSame(
    links.filter((link) => !link.startsWith('data:') && !link.startsWith('/')),
    [],
  );
  t.notMatch(page, /style="|onclick=|<img/);
});

t.test('no text of a server, Service or client changes the structure of the page', async (t) => {
  const tagsOf = (page: string): string[] => page.match(/<\/?[a-zA-Z!][^\s>]*/g) ?? [];
  const filled = (text: string): PageView =>
    view({
      gateway: { namespace: text, name: text },
      url: text,
      services: [
        service(text, {
          namespace: text,
          prefix: text,
          path: text,
          alias: text,
          description: text,
          version: text,
          message: text,
          note: text,
          tools: [{ name: text, description: text }],
          agent: agentOf(text),
        }),
      ],
      rejected: [{ namespace: text, name: text, type: 'tool', reason: text, message: text }],
    });
  const usual = tagsOf(renderPage(filled('usual')));
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '</code></script>',
      '"><script>alert(1)</script>',
      "' onload='x",
      '<!--',
      ']]>',
      '&lt;',
      '</details>',
      '\u202e',
    ),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      t.strictSame(tagsOf(renderPage(filled(text))), usual);
    }),
    { numRuns: 300 },
  );
});

t.test('/api/services tells the same as JSON', async (t) => {
  const shown = view({ services: [service('cart', { description: '<b>' })] });
  t.strictSame(JSON.parse(renderServices(shown)), shown);
});
