import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { Driver } from '../../../local/driver/driver.ts';
import { describe, type ResourceType, type StoredObject } from '../../../local/driver/store.ts';
import { ApiStore } from './api-store.ts';
import type { KubeAccess } from './kube-http.ts';

const CONTROLLER_API = 'metacontroller.k8s.io/v1alpha1';
const KINDS = ['CompositeController', 'DecoratorController'];
const LOOK_MS = 250;
const PAUSE_MS = 1000;

export interface ClusterDriverOptions extends KubeAccess {
  /** Told of each write and each failure, a line. */
  readonly log: (line: string) => void;
  /** The URL to call instead of the one that a controller names; default: that one. */
  readonly hookUrl?: (url: string) => string;
}

/** Metacontroller's place, taken by the driver of local mode: it handles whatever controllers the cluster holds. */
export interface ClusterDriver {
  /** Resolves when no sync runs any more. */
  stop(): Promise<void>;
}

/** Begins to handle the controllers of a cluster, also those that come later or are changed. */
export function startClusterDriver(options: ClusterDriverOptions): ClusterDriver {
  const ending = new AbortController();
  const ended = follow(options, ending.signal);
  return {
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** A driver reads its controllers once: another set of them gets another driver, with a store of its own. */
async function follow(options: ClusterDriverOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const store = new ApiStore(options);
    try {
      await handle(store, options, signal);
    } catch (error) {
      options.log(`The controllers cannot be handled, again in ${PAUSE_MS} ms: ${(error as Error).message}`);
      await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
    } finally {
      await store.close();
    }
  }
}

/** Handles the controllers that there are; returns when there are others, or when the signal is given. */
async function handle(store: ApiStore, options: ClusterDriverOptions, signal: AbortSignal): Promise<void> {
  const { log, hookUrl = (url) => url } = options;
  const types = await controllerTypes(store, signal);
  const controllers = (): StoredObject[] => types.flatMap((type) => store.list(type));
  const known = identityOf(controllers());
  const driver = await Driver.start({
    controllers: controllers(),
    store,
    callHook: async ({ url, timeoutMs }, body) => {
      const response = await request(hookUrl(url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { statusCode: response.statusCode, body: await response.body.text() };
    },
    onOperation: ({ kind, object }, parent) => log(`${kind} ${describe(object)} for ${describe(parent)}`),
    onError: (error, { controller, parent, delayMs }) =>
      log(`${controller}: ${parent} failed, again in ${delayMs} ms: ${(error as Error).message}`),
  });
  log(`Handles ${controllers().map(describe).join(', ') || 'no controllers yet'}.`);
  try {
    while (identityOf(controllers()) === known) await delay(LOOK_MS, undefined, { signal });
  } catch {
    // The signal was given.
  }
  await driver.stop();
}

/** The types of controllers, as soon as they are installed. */
async function controllerTypes(store: ApiStore, signal: AbortSignal): Promise<ResourceType[]> {
  const types: ResourceType[] = [];
  for (const kind of KINDS) {
    let type = await store.typeOf({ apiVersion: CONTROLLER_API, kind });
    while (type === undefined) {
      await delay(LOOK_MS, undefined, { signal });
      type = await store.typeOf({ apiVersion: CONTROLLER_API, kind });
    }
    await store.observe(type);
    types.push(type);
  }
  return types;
}

function identityOf(controllers: readonly StoredObject[]): string {
  return controllers
    .map(({ metadata }) => `${metadata.uid} ${metadata.generation}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join();
}
