import { existsSync } from 'node:fs';
import t from 'tap';
import type { Catalogue } from '../../gateway/upstream/catalogue.ts';
import type { UpstreamServer } from '../../gateway/upstream/upstream-server.ts';
import { pythonPath } from '../support/python.ts';
import { startServer, type ServerProgram } from '../support/start-server.ts';
import { until } from '../support/until.ts';
import { entryAt, watching } from '../support/watching.ts';

const sharedTools = ['echo', 'add', 'count', 'slow', 'bytes', 'fail', 'who_answers', 'toggle'];

interface Expected {
  readonly program: ServerProgram;
  readonly args?: readonly string[];
  readonly description: Partial<Catalogue>;
  readonly tools: readonly string[];
  readonly prompts: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceTemplates?: readonly string[];
  /** Whether changes are heard at once. */
  readonly isListening: boolean;
}

const shared = {
  prompts: ['greet'],
  resources: ['test://about'],
  resourceTemplates: ['test://notes/{id}'],
} as const;

const servers: Readonly<Record<string, Expected>> = {
  'a v1 SDK server with sessions': {
    program: 'legacy',
    description: { era: 'legacy', protocolVersion: '2025-11-25', instructions: 'The test server legacy.' },
    tools: sharedTools,
    ...shared,
    isListening: true,
  },
  'a v1 SDK server with sessions that answers in JSON': {
    program: 'legacy',
    args: ['--json'],
    description: { era: 'legacy', protocolVersion: '2025-11-25' },
    tools: sharedTools,
    ...shared,
    isListening: true,
  },
  'a v1 SDK server without sessions': {
    program: 'legacy',
    args: ['--stateless'],
    description: { era: 'legacy', stateless: true },
    tools: sharedTools,
    ...shared,
    isListening: false,
  },
  'a v2 SDK server': {
    program: 'modern',
    description: { era: 'modern', protocolVersion: '2026-07-28', instructions: 'The test server modern.' },
    tools: [...sharedTools, 'in_region'],
    ...shared,
    isListening: true,
  },
  'a v2 SDK server of both eras': {
    program: 'modern',
    args: ['--era', 'dual', '--mode', 'sse'],
    description: {
      era: 'modern',
      protocolVersion: '2026-07-28',
      legacy: {
        protocolVersion: '2025-11-25',
        stateless: true,
        instructions: 'The test server modern.',
        capabilities: { tools: {} },
      },
    },
    tools: [...sharedTools, 'in_region'],
    ...shared,
    isListening: true,
  },
  'a Python SDK server': {
    program: 'python',
    description: { era: 'legacy', protocolVersion: '2025-11-25', instructions: 'The test server python.' },
    tools: sharedTools,
    ...shared,
    // It declares that it announces no changes.
    isListening: false,
  },
  'a Python SDK server without sessions': {
    program: 'python',
    args: ['--stateless', '--json'],
    description: { era: 'legacy', stateless: true },
    tools: sharedTools,
    ...shared,
    isListening: false,
  },
  'server-everything': {
    program: 'everything',
    description: { era: 'legacy', protocolVersion: '2025-11-25' },
    tools: ['echo', 'get-sum', 'get-structured-content'],
    prompts: ['simple-prompt'],
    isListening: true,
  },
};

function identities(items: readonly Readonly<Record<string, unknown>>[], member: string): unknown[] {
  return items.map((item) => item[member]);
}

/** Why a server cannot be started here; false if it can. */
function missing({ program }: Expected): string | false {
  if (program !== 'python' || existsSync(pythonPath())) return false;
  return `no Python with the package mcp at ${pythonPath()}: run npm run test:setup`;
}

for (const [name, expected] of Object.entries(servers)) {
  t.test(`${name} is known with all it offers`, { skip: missing(expected) }, async (t) => {
    const { program, args = [] } = expected;
    const running = await startServer(program, { args });
    t.teardown(() => running.stop());
    const { upstreams } = watching(t);
    const server = upstreams
      .reconcile([entryAt('cart', running.target, { host: running.target })])
      .get('shop/cart') as UpstreamServer;
    await server.settled;
    t.match({ state: server.state, message: server.message }, { state: 'Available', message: undefined });
    // What else it speaks is asked when someone wants to know.
    await server.legacyKnown();
    const { legacy } = expected.description;
    await until('its legacy ability', () => legacy === undefined || server.catalogue?.legacy !== undefined);
    const catalogue = server.catalogue as Catalogue;
    t.match(catalogue, expected.description);
    t.same(catalogue.problems, []);
    t.ok(
      expected.tools.every((tool) => identities(catalogue.tools, 'name').includes(tool)),
      'the tools',
    );
    t.ok(
      expected.prompts.every((prompt) => identities(catalogue.prompts, 'name').includes(prompt)),
      'the prompts',
    );
    if (expected.resources) t.same(identities(catalogue.resources, 'uri'), expected.resources);
    if (expected.resourceTemplates) {
      t.same(identities(catalogue.resourceTemplates, 'uriTemplate'), expected.resourceTemplates);
    }
    t.equal(server.isListening, expected.isListening);
    const before = server.catalogue;
    await server.refresh();
    t.equal(server.catalogue, before, 'read again, it is the very same');
  });
}

t.test("a tool's members that no SDK knows by name come through", async (t) => {
  for (const program of ['legacy', 'modern'] as const) {
    const running = await startServer(program);
    t.teardown(() => running.stop());
    const { upstreams } = watching(t);
    const server = upstreams.reconcile([entryAt(program, running.target)]).get(`shop/${program}`) as UpstreamServer;
    await server.settled;
    t.match(server.catalogue?.tools[0], {
      name: 'echo',
      title: 'Echo',
      _meta: { 'example.com/kept': { by: 'the gateway' } },
    });
    t.match(server.catalogue?.tools[1], { name: 'add', outputSchema: { type: 'object' } });
  }
});
