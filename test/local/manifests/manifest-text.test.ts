import t from 'tap';
import { ManifestSyntaxError, readManifestText } from '../../../local/manifests/manifest-text.ts';

const text = `# a comment
apiVersion: v1
metadata:
  labels:
    a: b
  list:
    - first
    - name: second
      port: 1
---
---
kind: {flow: [1, 2]}
`;

t.test('all documents are read, empty ones left out', async (t) => {
  t.same(
    readManifestText(text).map(({ value }) => value),
    [
      { apiVersion: 'v1', metadata: { labels: { a: 'b' }, list: ['first', { name: 'second', port: 1 }] } },
      { kind: { flow: [1, 2] } },
    ],
  );
  t.same(readManifestText(''), []);
  t.same(readManifestText('# nothing\n---\n'), []);
});

t.test('JSON is read too', async (t) => {
  t.same(readManifestText('{"kind": "Service"}')[0]?.value, { kind: 'Service' });
});

for (const [path, line] of [
  [[], 2],
  [['apiVersion'], 2],
  [['metadata'], 3],
  [['metadata', 'labels', 'a'], 5],
  [['metadata', 'list', '0'], 7],
  [['metadata', 'list', '1', 'port'], 9],
  [['metadata', 'list', '9'], 6],
  [['metadata', 'absent', 'member'], 3],
] as const) {
  t.test(`${path.join('.') || 'a document'} stands on line ${line}`, async (t) => {
    t.equal(readManifestText(text)[0]?.lineOf(path), line);
  });
}

t.test('lines count through all documents of a text', async (t) => {
  t.equal(readManifestText(text)[1]?.lineOf(['kind', 'flow', '1']), 12);
});

t.test('an alias and a nested mapping as key do not upset the lines', async (t) => {
  const [document] = readManifestText('a: &x\n  b: 1\nc: *x\nd:\n  e: 2\n');
  t.equal(document?.lineOf(['c']), 3);
  t.equal(document?.lineOf(['d', 'e']), 5);
});

for (const [what, broken, line, reason] of [
  ['a list that is not closed', 'a: 1\nb: [1\nc: 2\n', 3, /indentation/],
  ['a key that comes twice', 'a: 1\na: 2\n', 2, /duplicated mapping key/],
  ['a tab as indentation', 'a:\n\tb: 1\n', 2, /./],
  ['a second document that is broken', 'a: 1\n---\nb: "open\n', 4, /./],
] as const) {
  t.test(`${what} is told with its line`, async (t) => {
    try {
      readManifestText(broken);
      t.fail('it was read');
    } catch (error) {
      if (!(error instanceof ManifestSyntaxError)) throw error;
      t.equal(error.fault.line, line);
      t.match(error.fault.message, reason);
    }
  });
}
