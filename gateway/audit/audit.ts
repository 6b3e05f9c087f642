import type { AuditPolicy } from '../contract/access-policy.ts';
import type { LogFormat } from '../contract/variables.ts';
import { textLine } from '../log-text.ts';
import { auditLine, droppedLine, type AuditRecord } from './audit-line.ts';

/** How long lines wait for others to be written with, in milliseconds. */
const GATHER_MS = 20;
/** How many are written at once without waiting for more. */
const ENOUGH = 128;

export interface AuditOptions {
  /** As that of the process's own log. */
  readonly format: LogFormat;
  /** Takes whole lines, to be written soon. @returns false: there is no room for them */
  readonly write: (lines: string) => boolean;
}

/** What is written of requests, as the registry says: one line of each, among those of the process's own log. */
export class Audit {
  readonly #options: AuditOptions;
  #policy: AuditPolicy = { mode: 'None', arguments: false };
  #records: AuditRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
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

  /** Writes a line of a request, with others: made one after the other they cost half of what each does amid a call. */
  write(record: AuditRecord): void {
    this.#records.push(record);
    if (this.#records.length >= ENOUGH) this.#writeAll();
    else this.#timer ??= setTimeout(() => this.#writeAll(), GATHER_MS).unref();
  }

  /** Nothing follows. */
  close(): void {
    this.#writeAll();
  }

  #writeAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#records;
    this.#records = [];
    if (this.#untold > 0 && this.#put(droppedLine(this.#untold, Date.now()))) this.#untold = 0;
    let lines = '';
    for (const record of records) lines += this.#formatted(auditLine(record));
    if (records.length === 0 || this.#options.write(lines)) return;
    this.#dropped += records.length;
    this.#untold += records.length;
  }

  #put(line: string): boolean {
    return this.#options.write(this.#formatted(line));
  }

  #formatted(line: string): string {
    return this.#options.format === 'json' ? line : asText(line);
  }
}

/** For a person at a terminal: `14:03:52.101 AUDIT tools/call: allow outcome=ok …`. */
function asText(line: string): string {
  const { level: _, audit: __, method, decision, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const says = typeof message === 'string' ? message : `${String(method)}: ${String(decision)}`;
  return textLine(JSON.stringify({ level: 'audit', message: says, ...fields }));
}
