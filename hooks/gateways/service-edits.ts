import type { KubernetesObject } from '../metacontroller/objects.ts';
import type { SpecObject } from './services.ts';

/** What of a Service is looked at here. */
interface Service extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly publishNotReadyAddresses?: boolean;
    readonly type?: string;
  };
}

/** The value that an added key of a selector has for a moment. No pod has it. */
const NOT_OURS = 'fetchfy-not-ours';

/**
 * A Service of ours, with those additions taken back that would leave its clients without a pod that answers: more keys
 * in its selector, addresses that are not ready, the name of another host instead of pods.
 *
 * Metacontroller's dynamic-apply takes away only what was wanted before and no longer is. So this wants it once, with
 * another value (under server-side-apply the same value would be owned by two, and stay); the next sync sees that value,
 * or none, and no longer wants it.
 *
 * @param observed the Service as it is; undefined: there is none yet
 */
export function withServiceEditsUndone(wanted: SpecObject, observed: KubernetesObject | undefined): SpecObject {
  const { spec: found }: Service = observed ?? wanted;
  const { spec: own }: Service = wanted;
  const undone = {
    ...selectorOf(own?.selector, found?.selector),
    ...(found?.publishNotReadyAddresses === true && own?.publishNotReadyAddresses !== true
      ? { publishNotReadyAddresses: false }
      : {}),
    // Any other type has the gateway's pods behind it, and is the user's to choose.
    ...(found?.type === 'ExternalName' ? { type: 'ClusterIP', externalName: '' } : {}),
  };
  return Object.keys(undone).length === 0 ? wanted : { ...wanted, spec: { ...wanted.spec, ...undone } };
}

function selectorOf(
  own: Readonly<Record<string, string>> = {},
  found: Readonly<Record<string, string>> = {},
): { readonly selector?: Readonly<Record<string, string>> } {
  const added = Object.keys(found).filter((key) => own[key] === undefined && found[key] !== NOT_OURS);
  if (added.length === 0) return {};
  return { selector: { ...own, ...Object.fromEntries(added.map((key) => [key, NOT_OURS])) } };
}
