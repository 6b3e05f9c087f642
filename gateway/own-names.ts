import { gatewayServiceName } from './contract/names.ts';

/** By what a gateway knows the names that its cluster gives it. */
export interface OwnPlace {
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** What cluster names end in, such as `cluster.local`. */
  readonly clusterDomains: readonly string[];
}

/** The names of the gateway's Service that mean it in every namespace. Its name alone does not: elsewhere it is another's. */
export function serviceNames({ gateway, clusterDomains }: OwnPlace): string[] {
  const inNamespace = `${gatewayServiceName(gateway.name)}.${gateway.namespace}`;
  const inCluster = clusterDomains.map((domain) => `${inNamespace}.svc.${domain}`);
  return [inNamespace, `${inNamespace}.svc`, ...inCluster];
}

/** A host's name or address as it compares with others: in lower case, without brackets and without a final dot. */
export function plainName(host: string): string {
  const plain = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return plain.endsWith('.') ? plain.slice(0, -1) : plain;
}
