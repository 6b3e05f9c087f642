import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { entryFor } from './registry-folder.ts';
import { scriptedUpstream, type ScriptedOptions, type ScriptedUpstream } from './scripted-upstream.ts';
import { startGateway, type RunningGateway, type StartGatewayOptions } from './start-gateway.ts';

/** Starts a gateway that serves these servers, each under its name; ends with the test. */
export async function gatewayOf(
  t: { teardown(end: () => Promise<unknown>): void },
  servers: Readonly<Record<string, { readonly url: string }>>,
  options: StartGatewayOptions = {},
): Promise<RunningGateway> {
  const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
  const gateway = await startGateway(entries, options);
  t.teardown(() => gateway.stop());
  return gateway;
}

/** A gateway with its one server, and the registry that has it. */
export interface ScriptedGateway {
  readonly upstream: ScriptedUpstream;
  readonly services: readonly ServiceEntry[];
  readonly gateway: RunningGateway;
}

/** Starts a gateway that serves one scripted server, under the name `server`; both end with the test. */
export async function gatewayOfScripted(
  t: { teardown(end: () => Promise<unknown>): void },
  script: ScriptedOptions,
  options: StartGatewayOptions = {},
): Promise<ScriptedGateway> {
  const upstream = await scriptedUpstream(t, script);
  const services = [entryFor(upstream.url, { name: 'server' })];
  const gateway = await startGateway(services, options);
  t.teardown(() => gateway.stop());
  return { upstream, services, gateway };
}
