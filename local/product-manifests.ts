import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import type { KubernetesObject } from '../hooks/metacontroller/objects.ts';
import type { Schemas } from './manifests/checks.ts';

/** The parts of a CustomResourceDefinition that are read here. */
interface Crd extends KubernetesObject {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly storage: boolean; readonly schema: { readonly openAPIV3Schema: object } }[];
  };
}

const FOLDER = fileURLToPath(new URL('../manifests/', import.meta.url));

/** The very controllers that a cluster's Metacontroller is given. @throws Error if the product's manifests hold none */
export function productControllers(): KubernetesObject[] {
  const controllers = productObjects().filter(
    ({ kind }) => kind === 'CompositeController' || kind === 'DecoratorController',
  );
  if (controllers.length === 0) throw new Error(`There are no controllers in ${FOLDER}: is the checkout complete?`);
  return controllers;
}

/** The schemas of the product's own types, by kind: what an API server would check manifests against. */
export function productSchemas(): Schemas {
  const crds = productObjects().filter(({ kind }) => kind === 'CustomResourceDefinition') as Crd[];
  return Object.fromEntries(
    crds.map(({ spec }) => [
      spec.names.kind,
      spec.versions.find(({ storage }) => storage)?.schema.openAPIV3Schema ?? {},
    ]),
  );
}

function productObjects(): KubernetesObject[] {
  // Not metacontroller/: its CRDs are not ours.
  return globSync(['crds/**/*.yaml', 'hooks/**/*.yaml'], { cwd: FOLDER })
    .sort()
    .flatMap((file) => loadAll(readFileSync(FOLDER + file, 'utf8')) as (KubernetesObject | null)[])
    .filter((object) => object !== null);
}
