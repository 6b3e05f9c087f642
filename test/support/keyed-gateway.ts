import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import type { LimitName } from '../../gateway/limits/limit-error.ts';
import { apiKeyHash } from './api-key-hash.ts';
import type { RegistryExtras } from './registry-folder.ts';
import { SecretFolder } from './secret-folder.ts';
import { startGateway, type RunningGateway } from './start-gateway.ts';

/** A gateway that tells callers apart by their API keys, and takes those who have none. */

export const ada = { headers: { 'x-api-key': 'key of ada' } };
export const bob = { headers: { 'x-api-key': 'key of bob' } };

/** What its registry says. */
export const keyedPolicy: RegistryPolicy = {
  hosts: [],
  auth: { methods: [{ apiKey: { header: 'x-api-key' } }, { anonymous: {} }] },
};

/** Starts it; ends with the test. @param registry what its registry has beside the services, instead of that */
export async function keyedGateway(
  t: { teardown(end: () => unknown): void },
  services: Parameters<typeof startGateway>[0],
  env: Readonly<Record<string, string>>,
  registry: RegistryExtras = { policy: keyedPolicy },
): Promise<RunningGateway> {
  const secret = new SecretFolder();
  secret.write({ ada: apiKeyHash('key of ada'), bob: apiKeyHash('key of bob') });
  t.teardown(() => secret.remove());
  const gateway = await startGateway(services, {
    registry,
    env: { ...env, FETCHFY_API_KEYS_DIR: secret.path },
  });
  t.teardown(() => gateway.stop());
  return gateway;
}

/** How many requests a limit has refused, by the metrics. */
export async function refusalsOf({ adminUrl }: RunningGateway, name: LimitName): Promise<number> {
  const text = await (await fetch(new URL('/metrics', adminUrl))).text();
  return Number(new RegExp(`^fetchfy_limit_refusal_count\\{limit="${name}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
}
