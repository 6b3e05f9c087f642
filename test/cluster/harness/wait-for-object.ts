import { until } from '../../support/until.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeObject, Reference } from './kube-objects.ts';

export interface WaitOptions {
  /** How long it may take, in milliseconds; 30 s if absent. */
  deadlineMs?: number;
  /** How long to wait between two looks, in milliseconds; 100 if absent. */
  everyMs?: number;
}

/**
 * Waits until the object is there and is as the condition wants it, and returns it.
 *
 * @param isAsWanted what it throws counts as no
 * @throws after the deadline, with the object as it was seen last
 */
export async function waitForObject<T extends KubeObject = KubeObject>(
  client: KubeClient,
  reference: Reference,
  isAsWanted: (object: T) => boolean,
  options: WaitOptions = {},
): Promise<T> {
  const { kind, namespace, name } = reference;
  let seen: T | undefined;
  let failure: unknown;
  const look = async (): Promise<T | undefined> => {
    try {
      seen = await client.get<T>(reference);
      failure = undefined;
      return seen && isAsWanted(seen) ? seen : undefined;
    } catch (error) {
      failure = error;
      return undefined;
    }
  };
  const found = await until(`${kind} ${namespace ? `${namespace}/` : ''}${name} to be as expected`, look, {
    deadlineMs: 30_000,
    everyMs: 100,
    ...options,
    // Who set which field helps nobody here.
    state: () => failure ?? (seen && { ...seen, metadata: { ...seen.metadata, managedFields: undefined } }),
  });
  return found;
}

/** Waits until there is no such object. */
export async function waitUntilGone(
  client: KubeClient,
  reference: Reference,
  options: WaitOptions = {},
): Promise<void> {
  const { kind, namespace, name } = reference;
  let seen: KubeObject | undefined;
  const look = async () => {
    seen = await client.get(reference);
    return !seen;
  };
  const what = `${kind} ${namespace ? `${namespace}/` : ''}${name} to be gone`;
  await until(what, look, { deadlineMs: 30_000, everyMs: 100, ...options, state: () => seen });
}
