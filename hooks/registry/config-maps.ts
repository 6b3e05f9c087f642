import type { FormattedRegistry, ShardBound } from '../../gateway/contract/format-registry.ts';
import { INDEX_KEY, registryName, shardConfigMapName, shardKey } from '../../gateway/contract/names.ts';
import { MAX_SHARDS } from '../../gateway/contract/registry-document.ts';
import { objectLabels } from '../gateways/names.ts';
import { DECORATOR_ANNOTATION, LAST_APPLIED_ANNOTATION } from '../metacontroller/hooks.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';

/** The parts of a core/v1 ConfigMap that the hooks write and read. */
export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Whose registry it is. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** The ConfigMaps of a registry: its index, then its shards. */
export function registryConfigMaps(owner: Owner, registry: FormattedRegistry): ConfigMap[] {
  return [
    registryConfigMap(owner, registryName(owner.name), { [INDEX_KEY]: registry.index }),
    ...registry.shards.map((text, number) => shardConfigMap(owner, number, text)),
  ];
}

/** One ConfigMap of a registry, with what we own of it and nothing else. */
export function registryConfigMap(owner: Owner, name: string, data: Readonly<Record<string, string>>): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: owner.namespace, labels: objectLabels(owner.name, 'registry') },
    data,
  };
}

function shardConfigMap(owner: Owner, number: number, text: string): ConfigMap {
  return registryConfigMap(owner, shardConfigMapName(registryName(owner.name), number), { [shardKey(number)]: text });
}

/** All names that a registry may ever occupy: those of the index and of 64 shards. */
export function registryConfigMapNames(gateway: string): string[] {
  const registry = registryName(gateway);
  return [registry, ...Array.from({ length: MAX_SHARDS }, (_, number) => shardConfigMapName(registry, number))];
}

/**
 * The most bytes that a registry ConfigMap's annotations may come to. Kubernetes refuses an object beyond 256 KiB; what
 * is left is for annotations of users and of their tools.
 */
export const MAX_ANNOTATION_BYTES = 240 * 1024;

/**
 * How much a shard may hold. Under dynamic-apply Metacontroller keeps the whole child once more, as JSON, in an
 * annotation: that is what reaches a limit first (data alone may have 1 MiB).
 *
 * @param decorator the name of the DecoratorController, which also stands in the child's annotations
 */
export function shardBound(owner: Owner, decorator: string): ShardBound {
  const bytes = MAX_ANNOTATION_BYTES - annotationBytes(shardConfigMap(owner, MAX_SHARDS - 1, ''), decorator);
  return { bytes, measure: goJsonStringBytes };
}

/** The size of a ConfigMap's annotations as Metacontroller's dynamic-apply stores them: each key and value in UTF-8. */
export function annotationBytes(configMap: ConfigMap, decorator: string): number {
  const { metadata, ...rest } = configMap;
  const applied = { ...rest, metadata: { ...metadata, annotations: { [DECORATOR_ANNOTATION]: decorator } } };
  return (
    DECORATOR_ANNOTATION.length + Buffer.byteLength(decorator) + LAST_APPLIED_ANNOTATION.length + goJsonBytes(applied)
  );
}

/** The size of a value as Go's encoding/json writes it. */
function goJsonBytes(value: unknown): number {
  if (typeof value === 'string') return 2 + goJsonStringBytes(value);
  const json = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return json.length;
  const entries = Object.entries(value);
  const members = entries.map(([key, member]) => goJsonBytes(key) + 1 + goJsonBytes(member));
  return 2 + Math.max(0, entries.length - 1) + members.reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * The bytes of a string's content as Go's encoding/json writes it: `"` and `\` with a backslash; `<`, `>`, `&`, U+2028,
 * U+2029, lone surrogates and the control characters without a short form as six bytes.
 */
function goJsonStringBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += goJsonUnitBytes(text, i);
  return bytes;
}

function goJsonUnitBytes(text: string, i: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0x80) return ASCII_BYTES[unit] ?? 1;
  if (unit < 0x800) return 2;
  if (unit === 0x2028 || unit === 0x2029) return 6;
  if (unit < 0xd800 || unit > 0xdfff) return 3;
  // A pair is four bytes, two for each half; half of one is written as \ufffd.
  const paired = unit < 0xdc00 ? isLow(text.charCodeAt(i + 1)) : isHigh(text.charCodeAt(i - 1));
  return paired ? 2 : 6;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** By character code. \b and \f have short forms only since Go 1.22: counted as long ones, which errs to the safe side. */
const ASCII_BYTES = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  if ('"\\\n\r\t'.includes(character)) return 2;
  return code < 0x20 || '<>&'.includes(character) ? 6 : 1;
});
