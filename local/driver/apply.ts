import { isDeepStrictEqual } from 'node:util';
import { LAST_APPLIED_ANNOTATION } from '../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import type { StoredObject } from './store.ts';

/**
 * Metacontroller's default way of applying (dynamic-apply): a three-way merge of what is there, what was wanted last and what is
 * wanted now, so that fields which others set survive. What was wanted last is kept in an annotation of the object.
 */

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** An object that does not exist yet, with what is wanted noted on it. */
export function withLastApplied<T extends KubernetesObject>(wanted: T): T {
  return annotated(wanted, goJson(wanted));
}

/**
 * What an observed object becomes.
 *
 * @returns undefined if it is as wanted already
 */
export function applied(observed: StoredObject, wanted: KubernetesObject): StoredObject | undefined {
  const before = observed.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  const lastApplied = before === undefined || before === '' ? {} : (JSON.parse(before) as JsonObject);
  const merged = mergeObject(observed, lastApplied, wanted as unknown as JsonObject) as unknown as StoredObject;

  // A child's status and what the API server itself writes into metadata are never ours.
  const metadata: Record<string, Json> = { ...merged.metadata };
  for (const field of SYSTEM_FIELDS) keep(metadata, observed.metadata as unknown as JsonObject, field);
  const result: Record<string, Json> = { ...merged, metadata };
  keep(result, observed, 'status');

  const noted = annotated(result as unknown as StoredObject, goJson(wanted));
  return isDeepStrictEqual(noted, observed) ? undefined : noted;
}

const SYSTEM_FIELDS = [
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
];

function keep(target: Record<string, Json>, source: JsonObject, field: string): void {
  if (field in source) target[field] = source[field];
  else delete target[field];
}

function annotated<T extends KubernetesObject>(object: T, lastApplied: string): T {
  const annotations = { ...object.metadata.annotations, [LAST_APPLIED_ANNOTATION]: lastApplied };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** JSON as Go writes it, members sorted and `<`, `>`, `&` as six bytes each: it counts against the size of annotations. */
function goJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (isObject(member) ? sorted(member) : member)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(observed: Json, lastApplied: Json, wanted: Json): Json {
  if (isObject(observed) && isObject(wanted)) {
    return mergeObject(observed, isObject(lastApplied) ? lastApplied : {}, wanted);
  }
  if (Array.isArray(observed) && Array.isArray(wanted)) {
    return mergeList(observed, Array.isArray(lastApplied) ? lastApplied : [], wanted);
  }
  return wanted;
}

function mergeObject(observed: JsonObject, lastApplied: JsonObject, wanted: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...observed };
  for (const key of Object.keys(lastApplied)) if (!(key in wanted)) delete result[key];
  for (const [key, value] of Object.entries(wanted)) result[key] = merge(observed[key], lastApplied[key], value);
  return result;
}

/** Members by which Kubernetes keys its lists, in the order in which they are tried. */
const LIST_KEYS = ['containerPort', 'port', 'mountPath', 'name', 'uid', 'ip', 'path'];

/** A list whose items all have one key in common is merged by it; any other is replaced as a whole. */
function mergeList(observed: readonly Json[], lastApplied: readonly Json[], wanted: readonly Json[]): readonly Json[] {
  const all = [...observed, ...lastApplied, ...wanted];
  const key = all.every(isObject) ? LIST_KEYS.find((name) => all.every((item) => name in item)) : undefined;
  if (key === undefined) return wanted;

  const byKey = (list: readonly Json[]): JsonObject =>
    Object.fromEntries((list as readonly JsonObject[]).map((item) => [`=${String(item[key])}`, item]));
  // What was there keeps its place; what is new comes after it.
  return Object.values(mergeObject(byKey(observed), byKey(lastApplied), byKey(wanted)));
}
