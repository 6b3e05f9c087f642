import type { RunningGateway } from './start-gateway.ts';
import { until } from './until.ts';

/** Waits until a gateway reports that it can call each of these servers. @param names within their namespaces */
export function available(gateway: RunningGateway, ...names: readonly string[]): Promise<boolean> {
  const isSo = async (): Promise<boolean> => {
    const { services } = await gateway.report();
    return names.every((name) => services.find((service) => service.name === name)?.state === 'Available');
  };
  return until(`${names.join(', ')} to be Available`, isSo, { state: () => gateway.log().slice(-2000) });
}

/** Waits until a gateway's report says something of a server that fits a pattern. @returns all that it says */
export function messageOf(gateway: RunningGateway, name: string, pattern: RegExp): Promise<string> {
  const ofService = async (): Promise<string | undefined> => {
    const { services } = await gateway.report();
    const message = services.find((service) => service.name === name)?.message;
    return message !== undefined && pattern.test(message) ? message : undefined;
  };
  return until(`a message ${pattern}`, ofService, { state: () => gateway.log().slice(-2000) });
}
