import { buildApp } from '../hooks/app.ts';
import { whoIsLetIn } from '../hooks/gateways/protection.ts';
import type { FetchReports } from '../hooks/gateways/reports.ts';
import { byNamespaceAndName } from '../gateway/contract/registry-document.ts';
import { clusterTypes, configMaps, gateways, manifestTypes } from './cluster-types.ts';
import { Driver } from './driver/driver.ts';
import { MemoryStore } from './driver/memory-store.ts';
import { ManifestApplier, type AppliedChange } from './manifests/apply.ts';
import { mountedObjects, type MountedObject } from './mounted-objects.ts';
import { manifestCheck } from './manifests/checks.ts';
import { ManifestFolder, type FiledManifest, type FileNote, type FolderContent } from './manifests/folder.ts';
import { secretSchema } from './manifests/secret-schema.ts';
import { serviceSchema } from './manifests/service-schema.ts';
import { productControllers, productSchemas } from './product-manifests.ts';
import { publishedRegistry, type PublishedRegistry } from './published-registry.ts';

/** What the folder came to after it was read. */
export interface WorldState {
  readonly changes: readonly AppliedChange[];
  readonly notes: readonly FileNote[];
  readonly manifests: FolderContent['manifests'];
  /** The Gateway that is served: the first by namespace and name. */
  readonly gateway: FiledManifest | undefined;
  /** The other Gateways. */
  readonly unserved: readonly FiledManifest[];
  /** Why the hooks do not accept the served Gateway: a sentence. */
  readonly gatewayFault: string | undefined;
  readonly registry: PublishedRegistry | undefined;
  /** Who is let in: a sentence; undefined while no Gateway is accepted. */
  readonly protection: string | undefined;
  /** What of Secrets and ConfigMaps the served Gateway names. */
  readonly mounted: readonly MountedObject[];
}

export interface WorldOptions {
  readonly manifests: string;
  readonly fetchReports: FetchReports;
  /** Told of every sync that failed. */
  readonly onError: (error: unknown, parent: string) => void;
}

/** A cluster in memory that holds what a folder of manifests says, with the operator's hooks at work on it. No processes. */
export class World {
  readonly #store = new MemoryStore(clusterTypes);
  readonly #applier = new ManifestApplier(this.#store);
  readonly #folder: ManifestFolder;
  readonly #options: WorldOptions;
  #driver: Driver | undefined;

  constructor(options: WorldOptions) {
    const schemas = { Service: serviceSchema, Secret: secretSchema, ...productSchemas() };
    this.#folder = new ManifestFolder(options.manifests, manifestCheck(manifestTypes, schemas));
    this.#options = options;
  }

  /** Reads the folder and lets the hooks work until they are done. Calls must not overlap. */
  async refresh(): Promise<WorldState> {
    const content = await this.#folder.read();
    const changes = await this.#applier.apply(content);
    this.#driver ??= await this.#startDriver();
    await this.#driver.settled();

    const { manifests, notes } = content;
    const [gateway, ...unserved] = [...manifests.values()]
      .filter(({ type }) => type === gateways)
      .sort((a, b) => byNamespaceAndName(nameOf(a), nameOf(b)));
    const registry = gateway && this.#registryOf(gateway);
    const mounted = gateway === undefined ? [] : mountedObjects(gateway.object, this.#store.list.bind(this.#store));
    const gatewayFault = gateway && this.#faultOf(gateway);
    const isServed = gateway !== undefined && registry !== undefined && gatewayFault === undefined;
    const who = isServed ? whoIsLetIn(registry.document).message : undefined;
    return { changes, notes, manifests, gateway, unserved, registry, gatewayFault, protection: who, mounted };
  }

  async stop(): Promise<void> {
    await this.#driver?.stop();
  }

  async #startDriver(): Promise<Driver> {
    const app = buildApp({
      // Nothing is deployed from it here.
      gatewayImage: 'fetchfy',
      fetchReports: this.#options.fetchReports,
      allowLoopback: true,
    });
    await app.ready();
    return Driver.start({
      controllers: productControllers(),
      store: this.#store,
      maxDelayMs: 10_000,
      onError: (error, { parent }) => this.#options.onError(error, parent),
      callHook: async ({ path }, body) => {
        const { statusCode, body: text } = await app.inject({ method: 'POST', url: path, payload: body });
        return { statusCode, body: text };
      },
    });
  }

  #registryOf(gateway: FiledManifest): PublishedRegistry | undefined {
    const { namespace, name } = gateway.object.metadata;
    const stored = this.#store.list(gateways, namespace).find(({ metadata }) => metadata.name === name);
    return stored && publishedRegistry(stored, this.#store.list(configMaps, namespace));
  }

  #faultOf(gateway: FiledManifest): string | undefined {
    const { namespace, name } = gateway.object.metadata;
    const stored = this.#store.list(gateways, namespace).find(({ metadata }) => metadata.name === name);
    const status = stored?.['status'] as { readonly conditions?: readonly Condition[] } | undefined;
    return status?.conditions?.find(({ type, status: state }) => type === 'Accepted' && state === 'False')?.message;
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

function nameOf({ object }: FiledManifest): { namespace: string; name: string } {
  const { namespace = '', name } = object.metadata;
  return { namespace, name };
}
