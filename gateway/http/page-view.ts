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
  /** The era of MCP that it is spoken to in; absent of an agent that speaks A2A. */
  readonly era?: 'legacy' | 'modern';
  /** What an agent that speaks A2A says of itself: its card. */
  readonly agent?: PageAgent;
  /** Under the server's own names. */
  readonly tools: readonly { readonly name: string; readonly description?: string }[];
  readonly promptCount: number;
  readonly resourceCount: number;
}

/** What is shown of an agent's card. */
export interface PageAgent {
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  /** `A2A 1.0` */
  readonly speaks: string;
  /** Whether it tells of a task as it goes on. */
  readonly isStreaming: boolean;
  /** Media types. */
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly skills: readonly { readonly id: string; readonly name: string; readonly description?: string }[];
}
