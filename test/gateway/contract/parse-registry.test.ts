import t from 'tap';
import { canonicalJson } from '../../../gateway/contract/canonical-json.ts';
import { revisionOf, sha256 } from '../../../gateway/contract/format-registry.ts';
import { assembleRegistry, parseIndex, RegistryError } from '../../../gateway/contract/parse-registry.ts';
import type { RegistryIndex } from '../../../gateway/contract/registry-document.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';

const parts = registryParts([entry('weather'), entry('search'), entry('mail')], { shardBytes: 500 });
const index = parseIndex(parts.index);

type Json = Record<string, unknown>;

/** An index that was changed and then signed again, as another build would write it. */
function indexWith(change: (index: Json) => void): string {
  const { revision: _old, ...unsigned } = JSON.parse(parts.index) as RegistryIndex & Json;
  change(unsigned);
  return canonicalJson({ ...unsigned, revision: revisionOf(unsigned) });
}

/** The parts of a registry of one shard whose text was changed, and whose index names it. */
function shardWith(change: (shard: Json) => void): { index: RegistryIndex; shards: string[] } {
  const { index: indexText, shards } = registryParts([entry('weather')]);
  const shard = JSON.parse(shards[0] ?? '') as Json;
  change(shard);
  const text = JSON.stringify(shard);
  const { revision: _old, ...unsigned } = { ...(JSON.parse(indexText) as RegistryIndex), shards: [sha256(text)] };
  return { index: { ...unsigned, revision: revisionOf(unsigned) }, shards: [text] };
}

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'taken';
  } catch (error) {
    return error instanceof RegistryError ? error.code : `not a RegistryError: ${String(error)}`;
  }
}

t.test('every byte of the index that is changed makes it unreadable', async (t) => {
  for (let at = 0; at < parts.index.length - 1; at++) {
    const changed = parts.index[at] === 'x' ? 'y' : 'x';
    const text = parts.index.slice(0, at) + changed + parts.index.slice(at + 1);
    if (codeOf(() => parseIndex(text)) === 'taken') t.fail(`at ${at}: ${text}`);
  }
  t.pass('none was taken');
});

t.test('every beginning of the index is unreadable', async (t) => {
  for (let length = 0; length < parts.index.length - 1; length++) {
    if (codeOf(() => parseIndex(parts.index.slice(0, length))) === 'taken') t.fail(`of ${length} characters`);
  }
  t.pass('none was taken');
});

t.test('a shard that is missing, cut, changed or another one makes the document unreadable', async (t) => {
  const [first = '', second = '', ...rest] = parts.shards;
  t.equal(
    codeOf(() => assembleRegistry(index, parts.shards)),
    'taken',
  );
  for (const shards of [
    [],
    [undefined, second, ...rest],
    [first.slice(1), second, ...rest],
    [first.replace('shop', 'shoq'), second, ...rest],
    [`${first} `, second, ...rest],
    [second, first, ...rest],
  ]) {
    t.equal(
      codeOf(() => assembleRegistry(index, shards)),
      'ERR_REGISTRY_HASH',
      JSON.stringify(shards[0]),
    );
  }
});

t.test('more shards than the index names do not matter', async (t) => {
  t.equal(
    codeOf(() => assembleRegistry(index, [...parts.shards, 'an old one'])),
    'taken',
  );
});

t.test('what is not JSON, or not an object, is malformed', async (t) => {
  for (const text of ['', 'null', '[]', '1', '{}', '{"formatVersion":"1"}', '<html>']) {
    t.equal(
      codeOf(() => parseIndex(text)),
      'ERR_REGISTRY_MALFORMED',
      text,
    );
  }
});

t.test('an index whose fields are not of the format is malformed', async (t) => {
  const changes: ((index: Json) => void)[] = [
    (index) => delete index['gateway'],
    (index) => (index['gateway'] = { namespace: 'tools' }),
    (index) => (index['policy'] = {}),
    (index) => (index['policy'] = { hosts: [1] }),
    (index) => (index['serviceCount'] = -1),
    (index) => (index['shards'] = []),
    (index) => (index['shards'] = ['abc']),
    (index) => (index['shards'] = Array.from({ length: 65 }, () => '0'.repeat(64))),
    (index) => (index['formatVersion'] = 0),
    (index) => (index['generation'] = 'one'),
  ];
  for (const change of changes)
    t.equal(
      codeOf(() => parseIndex(indexWith(change))),
      'ERR_REGISTRY_MALFORMED',
      change.toString(),
    );
});

t.test('a shard whose fields are not of the format is malformed', async (t) => {
  const changes: ((service: Json, shard: Json) => void)[] = [
    (_service, shard) => delete shard['rejected'],
    (_service, shard) => (shard['services'] = {}),
    (service) => delete service['targets'],
    (service) => (service['targets'] = '10.0.0.1:80'),
    (service) => (service['path'] = 'mcp'),
    (service) => (service['alias'] = '/elsewhere'),
    (service) => (service['prefix'] = 'a_b'),
    (service) => (service['type'] = 'robot'),
    (service) => (service['protocol'] = 'grpc'),
    (service) => (service['protocol'] = null),
    (service) => (service['timeoutMs'] = 0),
    (service) => (service['name'] = ''),
  ];
  for (const change of changes) {
    const { index, shards } = shardWith((shard) => change((shard['services'] as Json[])[0] ?? {}, shard));
    t.equal(
      codeOf(() => assembleRegistry(index, shards)),
      'ERR_REGISTRY_MALFORMED',
      change.toString(),
    );
  }
});

t.test('a later format version is told as such, whatever its shape', async (t) => {
  t.throws(() => parseIndex('{"formatVersion":3,"all":"new"}'), {
    code: 'ERR_REGISTRY_VERSION',
    message: 'The registry index has formatVersion 3; this gateway reads up to 2. Upgrade the gateway image.',
  });
  const { index, shards } = shardWith((shard) => (shard['formatVersion'] = 3));
  t.equal(
    codeOf(() => assembleRegistry(index, shards)),
    'ERR_REGISTRY_VERSION',
  );
});

t.test('fields that a later build added are ignored, and covered by the revision', async (t) => {
  const text = indexWith((index) => (index['addedLater'] = { x: 1 }));
  t.equal(
    codeOf(() => parseIndex(text)),
    'taken',
  );
  t.equal(
    codeOf(() => parseIndex(text.replace('"x":1', '"x":2'))),
    'ERR_REGISTRY_HASH',
  );
  const { index, shards } = shardWith((shard) =>
    Object.assign((shard['services'] as Json[])[0] ?? {}, { addedLater: 1 }),
  );
  t.match(assembleRegistry(index, shards), { services: [{ name: 'weather' }] });
});
