import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import { services } from '../cluster-types.ts';
import { isType, type ResourceType } from '../driver/store.ts';
import { unknownAnnotations } from './annotation-names.ts';
import type { Fault, ManifestDocument } from './manifest-text.ts';

/** A manifest that is as Kubernetes would take it. */
export interface Manifest {
  readonly type: ResourceType;
  readonly object: KubernetesObject;
  readonly line: number;
}

export type Checked =
  /** `notes`: what of it says nothing, most likely a slip. */
  | { readonly manifest: Manifest; readonly notes: readonly Fault[] }
  /** `object`: which one it is that the faults are in, if that can be told. */
  | { readonly faults: readonly Fault[]; readonly object?: KubernetesObject }
  /** Of a type that local mode has no use for: a note, not a fault. */
  | { readonly ignored: Fault };

/** The API server's part in a cluster: judges what people write before any hook sees it. */
export type ManifestCheck = (document: ManifestDocument) => Checked;

/** JSON Schemas (as CRDs have them) of the types that are taken, by kind. */
export type Schemas = Readonly<Record<string, object>>;

/**
 * @param types what is taken
 * @param schemas of these types, as far as there are any; an unknown field in them is a fault, as it is to `kubectl apply`
 */
export function manifestCheck(types: readonly ResourceType[], schemas: Schemas): ManifestCheck {
  // CRD schemas carry keywords and formats of Kubernetes' own. Their defaults are filled in, as the API server does.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, useDefaults: true, verbose: true });
  const validateObject = ajv.compile(objectSchema);
  const validators = new Map(Object.entries(schemas).map(([kind, schema]) => [kind, ajv.compile(wholeObject(schema))]));

  return (document) => {
    const faults = faultsOf(validateObject, document);
    if (faults.length > 0) return { faults, ...identified(document.value, types) };
    const object = document.value as KubernetesObject;
    const { apiVersion, kind } = object;
    const type = types.find((known) => isType(known, { apiVersion, kind }));
    if (type === undefined) return unknownType(object, types, document);

    const validate = validators.get(kind);
    const further = validate === undefined ? [] : faultsOf(validate, document);
    const whole = namespaced(object, type);
    if (further.length > 0) return { faults: further, object: whole };
    const notes = type === services ? unknownAnnotations(document) : [];
    return { manifest: { type, object: whole, line: document.lineOf([]) }, notes };
  };
}

/** Which object a manifest with faults is of, if it says so much. */
function identified(value: unknown, types: readonly ResourceType[]): { readonly object?: KubernetesObject } {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<KubernetesObject>;
  const type = types.find((known) => known.apiVersion === apiVersion && known.kind === kind);
  if (type === undefined || typeof metadata?.name !== 'string') return {};
  return { object: namespaced(value as KubernetesObject, type) };
}

/** What `kubectl` does for a manifest without a namespace. */
function namespaced(object: KubernetesObject, type: ResourceType): KubernetesObject {
  if (type.namespaced === (object.metadata.namespace !== undefined)) return object;
  const { namespace: _unused, ...metadata } = object.metadata;
  return { ...object, metadata: type.namespaced ? { ...metadata, namespace: 'default' } : metadata };
}

function unknownType(object: KubernetesObject, types: readonly ResourceType[], document: ManifestDocument): Checked {
  const { apiVersion, kind } = object;
  const namesake = types.find((known) => known.kind === kind);
  if (namesake !== undefined) {
    const message = `apiVersion is ${apiVersion}; a ${kind} is read here as ${namesake.apiVersion}.`;
    return { faults: [{ line: document.lineOf(['apiVersion']), message }] };
  }
  const message = `${kind} ${object.metadata.name} is ignored: local mode reads ${types.map((known) => known.kind).join(', ')}.`;
  return { ignored: { line: document.lineOf(['kind']), message } };
}

const text = { type: 'object', additionalProperties: { type: 'string' } } as const;

const objectSchema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: { type: 'string', minLength: 1 },
    kind: { type: 'string', minLength: 1 },
    metadata: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
        namespace: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
        labels: text,
        annotations: text,
      },
    },
  },
} as const;

/** A CRD's schema for a whole manifest: what it does not name is a fault, but for what every object has. */
function wholeObject(schema: object): object {
  const { properties = {}, ...rest } = closed(schema) as { readonly properties?: object };
  return {
    ...rest,
    properties: { apiVersion: {}, kind: {}, metadata: {}, ...properties },
    additionalProperties: false,
  };
}

/** The schema with every object that names its members closed to others, unless it says that it is open. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const result: Record<string, unknown> = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closed(value)]),
  );
  // What a list is described as, its items are.
  const { description, items } = result;
  if (typeof items === 'object' && description !== undefined) result['items'] = { description, ...items };
  const isOpen = 'additionalProperties' in result || result['x-kubernetes-preserve-unknown-fields'] === true;
  const namesMembers = result['type'] === 'object' && typeof result['properties'] === 'object';
  return namesMembers && !isOpen ? { ...result, additionalProperties: false } : result;
}

function faultsOf(validate: ValidateFunction, document: ManifestDocument): Fault[] {
  if (validate(document.value)) return [];
  // One value can break several keywords at once; the first says enough.
  const faults = new Map<string, Fault>();
  for (const error of validate.errors ?? []) {
    const { params, instancePath } = error;
    const value = `${instancePath}/${params['additionalProperty'] ?? params['missingProperty'] ?? ''}`;
    if (!faults.has(value)) faults.set(value, toFault(error, document));
  }
  return [...faults.values()].toSorted((a, b) => a.line - b.line);
}

function toFault(error: ErrorObject, document: ManifestDocument): Fault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const member = (error.params['additionalProperty'] ?? error.params['missingProperty']) as string | undefined;
  const at = error.keyword === 'additionalProperties' && member !== undefined ? [...path, member] : path;
  return { line: document.lineOf(at), message: sentence(error, path, valueAt(document.value, path), member) };
}

function sentence(error: ErrorObject, path: readonly string[], value: unknown, member: string | undefined): string {
  const name = nameOf(path);
  if (error.keyword === 'required') return `${nameOf([...path, member ?? ''])} is missing.`;
  if (error.keyword === 'additionalProperties') return unknownField(error, [...path, member ?? '']);
  // What a Secret holds is not repeated.
  if (error.keyword === 'pattern' && path[0] === 'data') {
    return `${name} is no Base64: what is to stand there as it is belongs under stringData.`;
  }
  if (error.keyword === 'type' && error.params['type'] === 'string' && typeof value === 'object' && value !== null) {
    return `${name} must be text: write "${path.at(-1)}: |", and indent the lines below.`;
  }
  return `${name} is ${JSON.stringify(value)}${expectation(error, value)}.`;
}

/** What was expected, as the end of a sentence. */
function expectation({ keyword, params, message, parentSchema }: ErrorObject, value: unknown): string {
  if (keyword === 'enum') return `; expected ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'minimum') return `, but must be at least ${params['limit']}`;
  if (keyword === 'maximum') return `, but must be at most ${params['limit']}`;
  if (keyword === 'type') return mustBe(params['type'] as string, value);
  if (keyword === 'minItems') return '; a list that stands here has at least one entry';
  if (keyword === 'minProperties') return `; expected some of ${knownFields(parentSchema).join(', ')}`;
  if (keyword !== 'pattern') return `, but ${message ?? 'that is not valid'}`;
  if ((params['pattern'] as string).startsWith('^[a-z0-9]([-a-z0-9')) {
    return '; it may have lower-case letters, digits and "-", beginning and ending with a letter or digit';
  }
  const { description } = (parentSchema ?? {}) as { readonly description?: string };
  const meant = description === undefined ? '' : ` (${description.split('. ', 1)[0]?.trim().replace(/\.$/, '')})`;
  return `, but must match ${params['pattern']}${meant}`;
}

/** Types as YAML calls them. */
function mustBe(type: string, value: unknown): string {
  if (type === 'string') return `, but must be text: write ${JSON.stringify(String(value))}, in quotes`;
  if (type === 'array') return `, but must be a list: write ${JSON.stringify([value])}`;
  const names: Readonly<Record<string, string>> = {
    object: value === null ? 'a mapping: fill it in, or leave it out' : 'a mapping',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  return `, but must be ${names[type] ?? type}`;
}

/** A field that is not known, with those that are. */
function unknownField({ parentSchema }: ErrorObject, path: readonly string[]): string {
  const known = knownFields(parentSchema);
  const expected = known.length === 0 ? '' : ` Known here: ${known.join(', ')}.`;
  return `${nameOf(path)} is not a known field.${expected}`;
}

function knownFields(schema: ErrorObject['parentSchema']): string[] {
  return Object.keys((schema as { readonly properties?: object } | undefined)?.properties ?? {}).toSorted();
}

function nameOf(path: readonly string[]): string {
  if (path.length === 0) return 'The document';
  return path.reduce((name, part) => {
    if (/^\d+$/.test(part)) return `${name}[${part}]`;
    return name === '' ? part : `${name}.${part}`;
  }, '');
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
}
