import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import t from 'tap';
import { describeVariables as variablesOfGateway } from '../../gateway/config.ts';
import { createMetrics as createGatewayMetrics } from '../../gateway/metrics.ts';
import { describeVariables as variablesOfHooks } from '../../hooks/config.ts';
import { createMetrics as createHookMetrics } from '../../hooks/metrics.ts';
import { annotations } from '../../hooks/registry/annotations.ts';
import { idleSources } from '../support/idle-metrics.ts';

/** That docs/reference.md names all that a user can set, and read. */

const root = new URL('../../', import.meta.url).pathname;
const text = readFileSync(join(root, 'docs/reference.md'), 'utf8');

/** A part of a custom resource's schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

const crd = load(readFileSync(join(root, 'manifests/crds/gateways.yaml'), 'utf8')) as {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
};
const schema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};

const variables = (help: string): string[] => [...new Set(help.match(/FETCHFY_[A-Z_]+/g))];
const metrics = (scraped: string): string[] =>
  [...scraped.matchAll(/^# TYPE (fetchfy_\w+)/gm)].map(([, name]) => name!);

const named: Readonly<Record<string, readonly string[]>> = {
  'field of the spec': Object.keys(schema['spec']?.properties ?? {}),
  'field of the status': Object.keys(schema['status']?.properties ?? {}),
  annotation: Object.values(annotations).map((name) => name.slice(name.indexOf('/') + 1)),
  'variable of a gateway': variables(variablesOfGateway()),
  'variable of the hooks': variables(variablesOfHooks()),
  'metric of a gateway': metrics(await createGatewayMetrics(idleSources).render()),
  'metric of the hooks': metrics(await createHookMetrics().registry.metrics()),
};

for (const [kind, names] of Object.entries(named)) {
  t.test(`every ${kind} is in the reference`, async (t) => {
    t.not(names.length, 0);
    const missing = names.filter((name) => !text.includes(`\`${name}\``));
    t.strictSame(missing, []);
  });
}
