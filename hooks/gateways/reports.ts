import type { GatewayReport } from '../../gateway/contract/report.ts';

/** Which replicas to ask: the admin addresses, `host:port`, of every ready pod of one Gateway. */
export interface ReportQuery {
  readonly gateway: { readonly namespace: string; readonly name: string };
  readonly addresses: readonly string[];
}

/** What one replica said; without `report` it did not answer in time or not intelligibly. */
export interface ReplicaReport {
  readonly address: string;
  readonly report?: GatewayReport;
}

/**
 * Asks the replicas for their reports. Injected: in a cluster it goes to the pods' admin ports; where pods are out of
 * reach (local mode, tests) the caller answers by other means. Never rejects; one ReplicaReport an address.
 */
export type FetchReports = (query: ReportQuery) => Promise<readonly ReplicaReport[]>;
