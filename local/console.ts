import { stripVTControlCharacters, styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Text for a terminal: coloured where standard output is one and takes colours. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** One line on what has changed. */
export function printChange(kind: 'added' | 'changed' | 'deleted', text: string): void {
  const mark = { added: paint('green', '+'), changed: paint('cyan', '~'), deleted: paint('yellow', '−') }[kind];
  print(`${mark} ${text}`);
}

/** Something that a person should look at; further lines are indented under the first. */
export function printProblem(text: string): void {
  print(`${paint('red', '!')} ${text.split('\n').join('\n  ')}`);
}

/** Something that a person may like to know. */
export function printNote(text: string): void {
  print(paint('dim', `· ${text}`));
}

/**
 * Columns under headings, the last of which is wrapped at word boundaries to the width.
 * @param rows each as long as `headings`; may hold colours
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const all = [headings.map((heading) => paint('dim', heading)), ...rows];
  const columns = headings.map((_heading, column) => Math.max(...all.map((row) => lengthOf(row[column] ?? ''))));
  const before = columns.slice(0, -1).reduce((sum, column) => sum + column + 2, 0);
  return all
    .map((row) => {
      const left = row
        .slice(0, -1)
        .map((cell, column) => cell + ' '.repeat((columns[column] ?? 0) - lengthOf(cell) + 2));
      const lines = wrap(row.at(-1) ?? '', Math.max(width - before, 30));
      return left.join('') + lines.join(`\n${' '.repeat(before)}`);
    })
    .join('\n');
}

/** Breaks a text between words into lines of at most `width` characters; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [, gap = '', word = ''] of text.matchAll(/(\s*)(\S+)/g)) {
    if (line !== '' && lengthOf(line + gap + word) > width) {
      lines.push(line);
      line = word;
    } else line += line === '' ? word : gap + word;
  }
  return [...lines, line];
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Shows that something is still under way when it takes over two seconds, and then every two. */
export async function withProgress<T>(what: () => string, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const timer = setInterval(() => {
    printNote(`${what()} (${Math.round((performance.now() - started) / 1000)} s)`);
  }, 2000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
