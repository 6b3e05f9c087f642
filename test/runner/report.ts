import { styleText } from 'node:util';
import type { Failure, LeafTest, Tally } from './tally.ts';

type Format = Parameters<typeof styleText>[0];

function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** `12 passed, 1 failed` – what is zero is left out. */
export function shortTally({ passed, failed, skipped }: Tally): string {
  const parts = [
    passed > 0 ? paint('green', `${passed} passed`) : '',
    failed > 0 ? paint('red', `${failed} failed`) : '',
    skipped > 0 ? paint('yellow', `${skipped} skipped`) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : paint('red', 'nothing ran');
}

/** The line that ends a run: exactly these words, never coloured, so that programs can read it. */
export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

export function printTier(name: string, description: string): void {
  print(`${paint('bold', name)} ${paint('dim', `· ${description}`)}`);
}

export function printFile(file: string, tally: Tally, milliseconds: number): void {
  const mark = tally.failed > 0 ? paint('red', '✘') : paint('green', '✔');
  print(`  ${mark} ${file}  ${shortTally(tally)} ${paint('dim', seconds(milliseconds))}`);
}

export function printLeaf(leaf: LeafTest): void {
  const name = nameOf(leaf);
  if (leaf.outcome === 'passed') print(`  ${paint('green', '✔')} ${name}`);
  else if (leaf.outcome === 'skipped') printSkip(name, leaf.reason);
  else printFailure(name, leaf.failures);
}

export function printSkip(name: string, reason: string | undefined): void {
  print(`  ${paint('yellow', '−')} ${name} ${paint('dim', `skipped${reason ? `: ${reason}` : ''}`)}`);
}

/** All that a person needs of a failure: what was asserted, what differed, where. */
export function printFailure(name: string, failures: readonly Failure[]): void {
  print(`  ${paint('red', '✘')} ${paint('bold', name)}`);
  for (const { message, diagnostics } of failures) {
    print(indent(paint('red', message), 6));
    for (const line of diagnosticLines(diagnostics)) print(indent(line, 8));
  }
}

export function printOutput(title: string, text: string): void {
  if (text.trim() === '') return;
  print(indent(paint('dim', title), 6));
  print(indent(text.trimEnd(), 8));
}

export function nameOf(leaf: LeafTest, file?: string): string {
  const names = file === undefined ? leaf.path : [file, ...leaf.path];
  return names.length > 0 ? names.join(' › ') : '(the whole run)';
}

/** What tap knows of the code around a failure repeats what the stack and the place say. */
const REPEATED = new Set(['source', 'at', 'stdio', 'cwd', 'command', 'args', 'jobId', 'externalID', 'compare']);

function diagnosticLines(diagnostics: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  for (const [key, value] of Object.entries(diagnostics)) {
    if (REPEATED.has(key) || value === null) continue;
    const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value, undefined, 2);
    lines.push(
      text.includes('\n') ? `${paint('dim', `${key}:`)}\n${indent(text, 2)}` : `${paint('dim', `${key}:`)} ${text}`,
    );
  }
  const place = placeOf(diagnostics['at']);
  if (place !== undefined && diagnostics['stack'] === undefined) lines.push(`${paint('dim', 'at:')} ${place}`);
  return lines;
}

function placeOf(at: unknown): string | undefined {
  const place = at as { fileName?: unknown; lineNumber?: unknown } | undefined;
  return typeof place?.fileName === 'string' ? `${place.fileName}:${String(place.lineNumber)}` : undefined;
}

function indent(text: string, columns: number): string {
  const margin = ' '.repeat(columns);
  return text
    .split('\n')
    .map((line) => (line === '' ? line : margin + line))
    .join('\n');
}
