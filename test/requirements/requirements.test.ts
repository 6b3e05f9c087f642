import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exclusions, requirements, sections, type TestReference } from '../requirements.ts';

const root = join(import.meta.dirname, '../..');

const texts = new Map<string, string | undefined>();

function textOf(file: string): string | undefined {
  if (!texts.has(file)) texts.set(file, read(file));
  return texts.get(file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}

/** What is wrong with a reference to a test; undefined if it stands. */
function faultOf({ file, title, entry }: TestReference): string | undefined {
  const text = textOf(file);
  if (text === undefined) return `there is no file ${file}`;
  if (!hasTest(text, title)) return `${file} has no test "${title}"`;
  if (entry !== undefined && !['"', "'", '`'].some((quote) => text.includes(quote + entry + quote)))
    return `${file} has no case "${entry}"`;
  return undefined;
}

/** Whether a source has `test('title'`, in whichever quotes and on whichever line. */
function hasTest(text: string, title: string): boolean {
  return ['"', "'", '`'].some((quote) => {
    const literal = quote + title + quote;
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + 1)) {
      if (/\btest\(\s*$/.test(text.slice(0, at))) return true;
    }
    return false;
  });
}

t.test('every requirement has an id of its own, which tells its era and its side', async (t) => {
  const ids = requirements.map(({ id }) => id);
  t.strictSame(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
  const odd = requirements.filter(({ id, era, side, section }) => {
    const isWellFormed = /^(legacy|modern)(-[a-z0-9]+)+$/.test(id) && id.startsWith(`${era}-`);
    const isOfItsSide = id.startsWith(`${era}-upstream-`) === (side === 'upstream');
    return !isWellFormed || !isOfItsSide || (era === 'legacy') !== /^202[45]-/.test(section);
  });
  t.strictSame(odd, []);
});

t.test('every requirement says what in one sentence', async (t) => {
  t.strictSame(
    requirements.filter(({ behaviour }) => !/^\S[^\n]*\.$/.test(behaviour)),
    [],
  );
});

t.test('every requirement is shown by a test that is there', async (t) => {
  const faults = requirements.flatMap(({ id, test }) => {
    if (test.length === 0) return [`${id} has no test`];
    return test.map(faultOf).flatMap((fault) => (fault === undefined ? [] : [`${id}: ${fault}`]));
  });
  t.strictSame(faults, []);
});

t.test('a test that is not there is noticed', async (t) => {
  const file = 'test/requirements/requirements.test.ts';
  const title = 'a test that is not there is noticed';
  t.equal(faultOf({ file, title }), undefined);
  t.equal(faultOf({ file, title, entry: file }), undefined);
  t.match(faultOf({ file, title: 'legacy' }), /has no test/);
  t.match(faultOf({ file, title, entry: ['no', 'such'].join(' ') }), /has no case/);
  t.match(faultOf({ file: 'test/none.test.ts', title }), /there is no file/);
});

t.test('every section of the specification has a requirement, or a reason why not', async (t) => {
  const covered = new Set([...requirements, ...exclusions].map(({ section }) => section));
  const open = Object.entries(sections).flatMap(([file, headings]) =>
    covered.has(file) ? [] : headings.map((heading) => `${file}: ${heading}`).filter((name) => !covered.has(name)),
  );
  t.strictSame(open, []);
});

t.test('every section that is named is one of the specification', async (t) => {
  const known = new Set(
    Object.entries(sections).flatMap(([file, headings]) => [file, ...headings.map((heading) => `${file}: ${heading}`)]),
  );
  const unknown = [...requirements, ...exclusions].map(({ section }) => section).filter((name) => !known.has(name));
  t.strictSame(unknown, []);
});
