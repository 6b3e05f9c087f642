import type { RejectedService, ServiceType } from '../contract/registry-document.ts';
import type { ServiceState } from '../contract/report.ts';

/** What the page shows and `/api/services` tells. All text in it is data, whoever wrote it. */
export interface PageView {
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** The registry's revision; null before the first. */
  readonly revision: string | null;
  /** The URL of `/mcp` as the reader's client reaches it. */
  readonly url: string;
  readonly services: readonly PageService[];
  readonly rejected: readonly RejectedService[];
}

export interface PageService {
  readonly namespace: string;
  readonly name: string;
  readonly type: ServiceType;
  readonly prefix: string;
  /** `/mcp/<namespace>/<name>` */
  readonly path: string;
  readonly alias?: string;
  readonly description?: string;
  readonly version?: string;
  readonly state: ServiceState;
  readonly message?: string;
  readonly note?: string;
  readonly era?: 'legacy' | 'modern';
  /** Under the server's own names. */
  readonly tools: readonly { readonly name: string; readonly description?: string }[];
  readonly promptCount: number;
  readonly resourceCount: number;
}
