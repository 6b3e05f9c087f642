import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { load, loadAll } from 'js-yaml';
import t from 'tap';
import manifest from '../../package.json' with { type: 'json' };
import { environment } from '../../gateway/contract/environment.ts';
import { desiredChildren, REGISTRY_CONTROLLER } from '../../hooks/gateways/children.ts';
import { NO_KEY_HEADER } from '../../hooks/gateways/access-faults.ts';
import { GATEWAY_API_VERSION, GATEWAY_KIND } from '../../hooks/gateways/gateway.ts';
import { MAX_GATEWAY_NAME } from '../../hooks/gateways/names.ts';
import { LISTED_SERVICES } from '../../hooks/gateways/service-status.ts';
import { mcpPort, serviceSelector } from '../../hooks/gateways/spec.ts';
import { entry } from '../support/registry-parts.ts';
import { IMAGE, published, report, serviceReport, settledChildren, syncOf } from './support/gateway-sync.ts';
import { gateway } from './support/objects.ts';

/** The manifests say some things that the hooks also rely on: here it is seen that they say the same. */

const read = (path: string) => readFileSync(new URL(`../../manifests/${path}`, import.meta.url), 'utf8');

interface Schema {
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}
interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly [{ readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }];
  };
}
const crd = load(read('crds/gateways.yaml')) as Crd;
const schema = crd.spec.versions[0].schema.openAPIV3Schema;
const spec = schema.properties?.['spec'] ?? {};
const status = schema.properties?.['status'] ?? {};

t.test('the type is the one that the hooks know', async (t) => {
  const { group, names, versions } = crd.spec;
  t.equal(`${group}/${versions[0].name}`, GATEWAY_API_VERSION);
  t.equal(names.kind, GATEWAY_KIND);
  t.equal(crd.metadata.name, `${names.plural}.${group}`);
});

t.test('defaults and bounds of the schema are those of the hooks', async (t) => {
  const bare = { apiVersion: '', kind: '', metadata: { name: 'x' } };
  t.strictSame(spec.properties?.['serviceSelector']?.default, serviceSelector(bare));
  t.equal(spec.properties?.['mcpPort']?.default, mcpPort(bare));
  t.equal(spec.properties?.['replicas']?.default, undefined, 'else an autoscaler would be overruled');
  t.equal(status.properties?.['mcpServices']?.maxItems, LISTED_SERVICES);
  t.ok(schema['x-kubernetes-validations']?.some(({ rule }) => rule.includes(`<= ${MAX_GATEWAY_NAME}`)));
});

t.test('the header of API keys is refused by the same pattern', async (t) => {
  const method = spec.properties?.['auth']?.properties?.['methods']?.items;
  const [validation] = method?.properties?.['apiKey']?.properties?.['header']?.['x-kubernetes-validations'] ?? [];
  t.equal(validation?.rule, `!self.matches('(?i)${NO_KEY_HEADER.source}')`);
  t.equal(NO_KEY_HEADER.flags, 'i', 'as (?i) says');
});

t.test('every field of the spec is described, for kubectl explain', async (t) => {
  const undescribed = (schema: Schema, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
      ...(field.description === undefined ? [`${path}.${name}`] : []),
      ...undescribed(field, `${path}.${name}`),
      ...undescribed(field.items ?? {}, `${path}.${name}[]`),
    ]);
  t.strictSame(undescribed(spec, 'spec'), []);
  for (const [name, field] of Object.entries(status.properties ?? {})) t.ok(field.description, `status.${name}`);
});

t.test('the status that the hooks write is one that the schema takes, and keeps whole', async (t) => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const closed = (schema: Schema): object => ({
    ...schema,
    ...(schema.properties === undefined
      ? {}
      : {
          additionalProperties: false,
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([name, field]) => [name, closed(field)]),
          ),
        }),
    ...(schema.items === undefined ? {} : { items: closed(schema.items) }),
  });
  const validate = ajv.compile(closed(status));
  const parent = gateway();
  const registry = published(parent, {
    services: [entry('a', { note: 'A clash.' }), entry('c', { type: 'agent', protocol: 'auto' })],
    rejected: [{ namespace: 'shop', name: 'b', type: 'agent', reason: 'NoPort', message: 'No port.' }],
  });
  const reports = [
    report(registry.revision, [
      serviceReport('a', { protocol: 'mcp', message: 'Slow.' }),
      serviceReport('c', { protocol: 'a2a', skillCount: 2 }),
    ]),
  ];
  for (const { status } of [
    syncOf({}),
    syncOf({ children: settledChildren(parent), related: registry.configMaps, reports }),
    syncOf({ gateway: gateway({ enableTls: true }) }),
  ]) {
    t.ok(validate(status), ajv.errorsText(validate.errors));
  }
});

interface Controller {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly generateSelector?: boolean;
    readonly childResources?: readonly ResourceRule[];
    readonly attachments?: readonly ResourceRule[];
    readonly hooks: Readonly<Record<string, { readonly version: string; readonly webhook: { readonly path: string } }>>;
  };
}
interface ResourceRule {
  readonly apiVersion: string;
  readonly resource: string;
  readonly updateStrategy: { readonly method: string };
}
const controllers = loadAll(read('hooks/controllers.yaml')) as Controller[];
const composite = controllers.find(({ kind }) => kind === 'CompositeController');
const decorator = controllers.find(({ kind }) => kind === 'DecoratorController');
const keyOf = ({ apiVersion, resource }: ResourceRule) => `${apiVersion} ${resource}`;

t.test('the composite names each type of child, and shares none with the decorator', async (t) => {
  const plural = (kind: string) => `${kind.toLowerCase()}s`.replace(/ys$/, 'ies');
  const types = new Set(
    desiredChildren(gateway(), IMAGE).map(({ apiVersion, kind }) => `${apiVersion} ${plural(kind)}`),
  );
  t.strictSame(new Set((composite?.spec.childResources ?? []).map(keyOf)), types);
  t.strictSame((decorator?.spec.attachments ?? []).map(keyOf), ['v1 configmaps']);
  t.notOk(types.has('v1 configmaps'));
  t.equal(composite?.spec.generateSelector, true);
});

t.test('every child is updated in place, by hooks of version v2 at the paths that are served', async (t) => {
  const rules = [...(composite?.spec.childResources ?? []), ...(decorator?.spec.attachments ?? [])];
  t.ok(rules.every(({ updateStrategy }) => updateStrategy.method === 'InPlace'));
  const paths = controllers.flatMap(({ spec }) =>
    Object.values(spec.hooks).map(({ version, webhook }) => `${version} ${webhook.path}`),
  );
  t.strictSame(paths.sort(), [
    'v2 /gateways/customize',
    'v2 /gateways/sync',
    'v2 /registry/customize',
    'v2 /registry/sync',
  ]);
  t.ok(
    controllers.every(({ spec }) => !('finalize' in spec.hooks)),
    'no finalizer on anything',
  );
});

t.test('the decorator has the name by which the hooks know its ConfigMaps', async (t) => {
  t.equal(decorator?.metadata.name, REGISTRY_CONTROLLER);
});

t.test(
  'the image is named once, with the version of this build, and reaches the hooks by their variable',
  async (t) => {
    const kustomization = load(read('kustomization.yaml')) as { images: readonly { name: string; newTag: string }[] };
    t.strictSame(
      kustomization.images.map(({ newTag }) => newTag),
      [manifest.version],
    );
    t.match(read('kustomization.yaml'), `env.[name=${environment.gatewayImage}].value`);
    t.match(read('hooks/deployment.yaml'), `image: ${kustomization.images[0]?.name}\n`);
    t.match(read('hooks/deployment.yaml'), `- name: ${environment.gatewayImage}\n`);
  },
);

t.test("the gateway's container runs what the image runs by itself", async (t) => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const [, folder] = /^WORKDIR (.*)$/m.exec(stage) ?? [];
  const [, entryPoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(stage) ?? [];
  const made = desiredChildren(gateway(), IMAGE).find(({ kind }) => kind === 'Deployment') as unknown as {
    spec: { template: { spec: { containers: [{ command: string[]; args: string[]; workingDir: string }] } } };
  };
  const [{ command, args, workingDir }] = made.spec.template.spec.containers;
  t.strictSame([...command, ...args], JSON.parse(entryPoint));
  t.equal(workingDir, folder);
});
