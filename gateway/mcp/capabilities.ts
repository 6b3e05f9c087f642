import type { Route } from '../routing/route.ts';
import type { JsonObject } from '../upstream/json.ts';
import { readVersion } from '../version.ts';

/** What the gateway says of itself to clients of both eras. */
export const serverInfo = { name: 'fetchfy', title: 'Fetchfy gateway', version: readVersion() };

/**
 * What a route can do. The union has every list, be it empty: a labelled Service may bring any of them while a client
 * stays connected, and the client listens only for what was declared.
 */
export function capabilitiesOf(route: Route): JsonObject {
  const declared = route.single?.upstream.catalogue?.capabilities;
  const has = (name: string): boolean => declared === undefined || declared[name] !== undefined;
  return {
    ...(has('tools') ? { tools: { listChanged: true } } : {}),
    ...(has('prompts') ? { prompts: { listChanged: true } } : {}),
    ...(has('resources') ? { resources: { listChanged: true } } : {}),
    ...(has('completions') ? { completions: {} } : {}),
  };
}
