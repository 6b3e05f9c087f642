/** The API server judges the annotations on Services as the hooks do, when they are applied. */
import fc from 'fast-check';
import { until } from '../../support/until.ts';
import {
  annotationCases,
  faultByHooks,
  isReadByHooks,
  type AnnotationCase,
} from '../../hooks/support/annotation-cases.ts';
import type { KubeObject } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';
import type { Product } from '../product/product.ts';

const PREFIX = 'mcp.fetchfy.ai/';

function serviceOf(namespace: string, name: string, { annotations, spec }: AnnotationCase): KubeObject {
  const prefixed = Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, annotations: Object.fromEntries(prefixed) as Record<string, string> },
    // Without an address of its own: hundreds are made.
    spec: { ...(spec?.type === undefined && { clusterIP: 'None' }), ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  };
}

/** What the API server says of a Service; undefined: it takes it. Nothing is kept. */
async function refusal(product: Product, service: KubeObject): Promise<string | undefined> {
  try {
    await product.cluster.client.create(service);
  } catch (error) {
    return (error as Error).message;
  }
  const { namespace = '', name } = service.metadata;
  await product.cluster.client.delete({ apiVersion: 'v1', kind: 'Service', namespace, name });
  return undefined;
}

/** The API server knows of a policy a moment after it is there. */
async function untilJudged(product: Product, namespace: string): Promise<void> {
  const service = serviceOf(namespace, 'bad', { annotations: { type: 'robot' } });
  await until('the policy to be in force', async () => (await refusal(product, service)) !== undefined, {
    deadlineMs: 30_000,
    everyMs: 100,
  });
}

productScenario('the policy and the hooks agree on every case, word for word', {}, async (t, product) => {
  const namespace = await product.namespace('shop');
  await untilJudged(product, namespace);
  for (const [index, given] of annotationCases.entries()) {
    const words = JSON.stringify(given.annotations).slice(0, 70);
    const said = await refusal(product, serviceOf(namespace, `case-${index}`, given));
    if (given.fault === undefined) {
      t.equal(said, undefined, `${words} is taken`);
      continue;
    }
    t.match(said ?? 'it was taken', given.fault, `${words} is refused`);
    const hooks = isReadByHooks(given) ? faultByHooks(given) : undefined;
    if (hooks !== undefined) t.ok(said?.endsWith(`denied request: ${hooks}`), `the same words: ${said}`);
  }
});

productScenario('the policy and the hooks agree on whatever else is written', {}, async (t, product) => {
  const namespace = await product.namespace('shop');
  await untilJudged(product, namespace);
  const from = (...parts: string[]) =>
    fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((chosen) => chosen.join(''));
  const maybe = (value: fc.Arbitrary<string>) => fc.option(value, { nil: undefined, freq: 2 });
  const arbitrary = fc
    .record({
      type: maybe(fc.constantFrom('tool', 'agent', 'robot', '', ' agent ')),
      protocol: maybe(fc.constantFrom('mcp', 'a2a', 'auto', 'x', '')),
      endpoint: maybe(from('/', 'mcp', '.', '..', '%41', '%', '?', '#', ' ', 'ä', '~', ':', '[', '\\', '\n')),
      timeout: maybe(from('0', '1', '24', '59', '86400', '.', '.5', 'h', 'm', 's', 'ms', ' ', '-', '00')),
      prefix: maybe(from('a', 'Z', '9', '-', '_', '.', ' ', 'ü', 'abcdefghijklmnop')),
      description: maybe(from('x'.repeat(100), 'ä'.repeat(50), '🌍'.repeat(30), ' ')),
      version: maybe(from('1', '.', 'v'.repeat(16), 'é')),
      route: maybe(fc.constantFrom('service', 'endpoints', 'x', ' ')),
      port: maybe(fc.constantFrom('80', '080', '81', 'mcp', ' 80 ', '')),
    })
    .map((values): AnnotationCase => {
      const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
      return { annotations: Object.fromEntries(given) };
    });
  const tally = { taken: 0, refused: 0 };
  let made = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (given) => {
      const said = await refusal(product, serviceOf(namespace, `any-${made++}`, given));
      const hooks = faultByHooks(given);
      tally[hooks === undefined ? 'taken' : 'refused'] += 1;
      if ((said === undefined) !== (hooks === undefined)) {
        throw new Error(`the policy: ${said ?? 'good'}; the hooks: ${hooks ?? 'good'}`);
      }
    }),
    { numRuns: 600, seed: 4 },
  );
  t.comment(JSON.stringify(tally));
  t.ok(tally.taken > 20 && tally.refused > 20, 'both happened');
});

productScenario('kubectl apply is answered at once, and a slip in a name with a warning', {}, async (t, product) => {
  const namespace = await product.namespace('shop');
  await untilJudged(product, namespace);
  // A warning is an error to kubectl then, and so is told.
  const apply = (object: KubeObject) => product.cluster.kubectlOn(object, 'apply', '--warnings-as-errors');
  await t.rejects(apply(serviceOf(namespace, 'weather', { annotations: { type: 'robot' } })), {
    message: /The annotation mcp\.fetchfy\.ai\/type is "robot": it must be "tool" or "agent"\./,
  });
  await t.rejects(apply(serviceOf(namespace, 'weather', { annotations: { prefx: 'w' } })), {
    message: /The annotation mcp\.fetchfy\.ai\/prefx says nothing to Fetchfy\. It knows .*prefix/,
  });
  const reference = { apiVersion: 'v1', kind: 'Service', namespace, name: 'weather' };
  t.ok(await product.cluster.client.get(reference), 'a warning keeps nothing out');
  await apply(serviceOf(namespace, 'weather', { annotations: { type: 'agent', protocol: 'a2a' } }));
  await t.rejects(apply(serviceOf(namespace, 'weather', { annotations: { protocol: 'a2a' } })), {
    message: /only agents/,
  });
  await apply(serviceOf(namespace, 'plain', { annotations: {} }));
});

productScenario('what was there before, and a namespace that says so, is left alone', {}, async (t, product) => {
  const { client } = product.cluster;
  const namespace = await product.namespace('shop', { 'fetchfy.ai/check-annotations': 'false' });
  const reference = { apiVersion: 'v1', kind: 'Service', namespace, name: 'bad' };
  await client.create(serviceOf(namespace, 'bad', { annotations: { type: 'robot', port: '80' } }));
  const labels = { 'fetchfy.ai/check-annotations': null };
  await client.patch({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, { metadata: { labels } });
  await untilJudged(product, namespace);
  await client.patch(reference, { metadata: { labels: { mine: 'yes' } }, spec: { publishNotReadyAddresses: true } });
  t.pass('whoever has to can still change the rest of it');
  const changes: Record<string, object> = {
    'another bad value': { metadata: { annotations: { [`${PREFIX}type`]: 'android' } } },
    'a bad one more': { metadata: { annotations: { [`${PREFIX}route`]: 'direct' } } },
    'one less': { metadata: { annotations: { [`${PREFIX}port`]: null } } },
    'other ports': { spec: { ports: [{ name: 'web', port: 8080 }] } },
  };
  for (const [what, change] of Object.entries(changes)) {
    await t.rejects(client.patch(reference, change as Record<string, unknown>), { message: /must be/ }, what);
  }
  await client.patch(reference, { metadata: { annotations: { [`${PREFIX}type`]: 'tool' } } });
  t.pass('and mend it');
});
