import { entryFor } from './registry-folder.ts';
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
