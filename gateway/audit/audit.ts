import type { AuditPolicy } from '../contract/access-policy.ts';
import type { LogFormat } from '../contract/variables.ts';
import { textLine } from '../log-text.ts';
import { auditLine, droppedLine, type AuditRecord } from './audit-line.ts';

export interface AuditOptions {
  /** As that of the process's own log. */
  readonly format: LogFormat;
  /** Takes a line for a write that follows soon. @returns false: there is no room for it */
  readonly write: (line: string) => boolean;
}

/** What is written of requests, as the registry says: one line of each, among those of the process's own log. */
export class Audit {
  readonly #options: AuditOptions;
  #policy: AuditPolicy = { mode: 'None', arguments: false };
  #dropped = 0;
  /** Of those that were dropped: what no line has said yet. */
  #untold = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Lines that were not written, since nobody read those before them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether anything is written of requests. */
  get isOn(): boolean {
    return this.#policy.mode !== 'None';
  }

  /** Whether the arguments of calls are written. */
  get showsArguments(): boolean {
    return this.isOn && this.#policy.arguments;
  }

  /** Takes another registry's policy. */
  take(policy: AuditPolicy | undefined): void {
    this.#policy = policy ?? { mode: 'None', arguments: false };
  }

  /** Whether a line is written of a request. */
  wants(isDenied: boolean): boolean {
    return this.#policy.mode === 'All' || (isDenied && this.#policy.mode === 'Denied');
  }

  write(record: AuditRecord): void {
    this.#tellDropped();
    if (this.#put(auditLine(record, new Date()))) return;
    this.#dropped++;
    this.#untold++;
  }

  /** Nothing follows. */
  close(): void {
    this.#tellDropped();
  }

  #tellDropped(): void {
    if (this.#untold > 0 && this.#put(droppedLine(this.#untold, new Date()))) this.#untold = 0;
  }

  #put(line: string): boolean {
    return this.#options.write(this.#options.format === 'json' ? line : asText(line));
  }
}

/** For a person at a terminal: `14:03:52.101 AUDIT tools/call: allow outcome=ok …`. */
function asText(line: string): string {
  const { level: _, audit: __, method, decision, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const says = typeof message === 'string' ? message : `${String(method)}: ${String(decision)}`;
  return textLine(JSON.stringify({ level: 'audit', message: says, ...fields }));
}
