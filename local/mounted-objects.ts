import type { Gateway } from '../hooks/gateways/gateway.ts';
import { mountsOf } from '../hooks/gateways/mounts.ts';
import { configMaps, secrets } from './cluster-types.ts';
import type { ResourceType, StoredObject } from './driver/store.ts';

/** A Secret or ConfigMap that a Gateway names, as its pod would find it. */
export interface MountedObject {
  /** By which its folder is called. */
  readonly name: string;
  /** The variable that says where it is. */
  readonly variable: string;
  readonly files: ReadonlyMap<string, string | Buffer>;
  /** There is no such object: what it is and how it is called, as `Secret default/keys`. */
  readonly missing?: string;
}

/** What a gateway on this machine has no use for: it serves HTTP. */
const OF_TLS = new Set(['tls', 'client-ca']);

/** The objects that a Gateway names, with what is in them. */
export function mountedObjects(
  { spec, metadata: { namespace } }: Gateway,
  list: (type: ResourceType, namespace: string | undefined) => readonly StoredObject[],
): MountedObject[] {
  return mountsOf(spec ?? {})
    .filter(({ name }) => !OF_TLS.has(name))
    .map(({ name, variable, kind, object }) => {
      const type = kind === 'secret' ? secrets : configMaps;
      const found = list(type, namespace).find((each) => each.metadata.name === object);
      const missing = found === undefined ? { missing: `${type.kind} ${namespace}/${object}` } : {};
      return { name, variable, files: filesOf(found), ...missing };
    });
}

/** The files of a Secret or a ConfigMap. What a Secret has in plain wins, as with the API server. */
function filesOf(object: StoredObject | undefined): Map<string, string | Buffer> {
  const isSecret = object?.kind === secrets.kind;
  const encoded = textsIn(object?.[isSecret ? 'data' : 'binaryData']);
  const plain = textsIn(object?.[isSecret ? 'stringData' : 'data']);
  return new Map<string, string | Buffer>([
    ...encoded.map(([name, text]) => [name, Buffer.from(text, 'base64')] as const),
    ...plain,
  ]);
}

function textsIn(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
