import fc from 'fast-check';
import t from 'tap';
import {
  annotationBytes,
  registryConfigMap,
  registryConfigMapNames,
  shardBound,
} from '../../../hooks/registry/config-maps.ts';
import { withLastApplied } from '../../../local/driver/apply.ts';
import { gateway } from '../support/objects.ts';
import { asAttachment } from '../support/ownership.ts';

const owner = { namespace: 'tools', name: 'main' };

/** The size of all annotations once Metacontroller's dynamic-apply has stored the ConfigMap. */
function storedBytes(text: string): number {
  const { annotations = {} } = withLastApplied(
    // Metacontroller marks what it wants before it notes it; the owner comes after.
    withoutOwner(asAttachment(registryConfigMap(owner, 'main-registry-0', { 'shard-0.json': text }), gateway())),
  ).metadata;
  return Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(value), 0);
}

function withoutOwner<T extends ReturnType<typeof registryConfigMap>>(object: T): T {
  const { ownerReferences: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function counted(text: string): number {
  return annotationBytes(registryConfigMap(owner, 'main-registry-0', { 'shard-0.json': text }), 'fetchfy-registry');
}

t.test('the size counted is the size stored', async (t) => {
  for (const text of [
    '',
    'plain',
    '"quoted"\n',
    '<a> & b\\',
    'ä€😀',
    '\u2028\u2029',
    '\t\r\n',
    '\u0001\u001f\u007f',
    '😀😀',
  ]) {
    // Escaped: a line separator in an assertion's name would break the line of its output.
    t.equal(counted(text), storedBytes(text), encodeURIComponent(text));
  }
});

t.test('no text is counted smaller than it is stored', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  fc.assert(fc.property(text, (text) => counted(text) >= storedBytes(text)));
});

t.test('a shard that fills its bound stays below 240 KiB of annotations, and one byte more does not', async (t) => {
  const { bytes, measure } = shardBound(owner, 'fetchfy-registry');
  // The bound is for the shard with the longest name.
  const stored = (text: string) => storedBytes(text) + '3'.length * 2;
  const full = '"'.repeat(Math.floor(bytes / 2)) + 'x'.repeat(bytes % 2);
  t.equal(measure(full), bytes);
  t.equal(stored(full), 240 * 1024);
  t.ok(measure(`${full}x`) > bytes);
});

t.test('measures add up', async () => {
  const text = fc.string({ unit: 'grapheme' });
  const { measure } = shardBound(owner, 'fetchfy-registry');
  fc.assert(fc.property(text, text, (a, b) => measure(a) + measure(b) === measure(a + b)));
});

t.test('a registry may occupy its index and 64 shards', async (t) => {
  const names = registryConfigMapNames('main');
  t.equal(names.length, 65);
  t.strictSame([names[0], names[1], names[64]], ['main-registry', 'main-registry-0', 'main-registry-63']);
});
