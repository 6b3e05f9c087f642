import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LineWriter } from '../../gateway/line-writer.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'fetchfy-test-lines-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function file(t: Test): { fd: number; text: () => string } {
  const path = join(folder, `file-${++files}`);
  const fd = openSync(path, 'w');
  t.teardown(() => closeSync(fd));
  return { fd, text: () => readFileSync(path, 'utf8') };
}

/** A pipe that takes what fits, and says so of the rest. */
function pipe(t: Test): { fd: number; drain: () => string } {
  const path = join(folder, `pipe-${++files}`);
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(fd));
  const buffer = Buffer.alloc(1024 * 1024);
  return {
    fd,
    drain() {
      let text = '';
      for (;;) {
        try {
          const read = readSync(fd, buffer);
          text += buffer.toString('utf8', 0, read);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
          throw error;
        }
      }
    },
  };
}

t.test('a line of the log is written before the call returns', async (t) => {
  const { fd, text } = file(t);
  new LineWriter(fd).write('line\n');
  t.equal(text(), 'line\n');
});

t.test('lines are written soon, and those that come amid a write behind it', async (t) => {
  const { fd, text } = file(t);
  const writer = new LineWriter(fd);
  for (let i = 0; i < 1000; i++) writer.writeSoon(`line ${i}\n`);
  writer.write('of the log\n');
  await until('the lines', () => text().split('\n').length === 1002);
  t.match(text(), /^line 0\nline 1\n[^]*line 999\nof the log\n$/);
});

t.test('at the end none is lost', async (t) => {
  const { fd, text } = file(t);
  const writer = new LineWriter(fd);
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i} ${'x'.repeat(50)}\n`);
  for (const line of lines) writer.writeSoon(line);
  await writer.end(10_000);
  t.equal(text() === lines.join(''), true);
});

t.test(
  'a reader that does not read holds up nothing; beyond a bound lines are dropped, and all others come',
  async (t) => {
    const { fd, drain } = pipe(t);
    const writer = new LineWriter(fd);
    const taken: string[] = [];
    for (let i = 0; i < 100_000; i++) {
      const line = `line ${i} ${'x'.repeat(90)}\n`;
      if (writer.writeSoon(line)) taken.push(line);
    }
    t.ok(taken.length > 30_000 && taken.length < 50_000, `${taken.length} were taken`);
    writer.write('of the log\n');
    taken.push('of the log\n');
    let text = '';
    const ended = writer.end(10_000);
    await until('all to come', () => (text += drain()).length >= taken.join('').length);
    await ended;
    t.equal(text === taken.join(''), true, 'in order, and whole');
    t.equal(writer.writeSoon('more\n'), true);
  },
);

t.test('an end does not wait for a reader for ever', async (t) => {
  const { fd } = pipe(t);
  const writer = new LineWriter(fd);
  for (let i = 0; i < 10_000; i++) writer.writeSoon(`line ${i} ${'x'.repeat(90)}\n`);
  await writer.end(50);
});

t.test('a process that ends on the spot writes what waits', async (t) => {
  const { fd, text } = file(t);
  const writer = new LineWriter(fd);
  writer.writeSoon('being written\n');
  writer.writeSoon('last\n');
  writer.flush();
  t.match(text(), 'last\n');
});

t.test('a reader that has gone harms nobody', async (t) => {
  const { fd } = file(t);
  const writer = new LineWriter(openSync(join(folder, `file-${files}`), 'r'));
  t.ok(fd);
  writer.write('to nobody\n');
  writer.writeSoon('to nobody\n');
  await writer.end(1000);
});
