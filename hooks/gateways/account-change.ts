import type { KubernetesObject } from '../metacontroller/objects.ts';
import type { SpecObject } from './services.ts';

/** On the pods of a Deployment: the UID of the ServiceAccount that came after it. */
export const ACCOUNT_ANNOTATION = 'gateways.fetchfy.ai/service-account';

/** The part of a Deployment that is looked at here. */
interface WithTemplate extends KubernetesObject {
  readonly spec?: {
    readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
  };
}

/**
 * The Deployment, with its pods replaced where their ServiceAccount was made anew. A token is good for the one account that
 * it was issued for, and a kubelet keeps it for most of an hour: until then the API server would answer 401 to every pod.
 *
 * @param observed the Deployment as it is; undefined: there is none yet
 * @param account the Gateway's own ServiceAccount as it is; undefined: there is none right now
 */
export function withPodsOfAccount(
  deployment: SpecObject,
  observed: KubernetesObject | undefined,
  account: KubernetesObject | undefined,
): SpecObject {
  const mark = account === undefined ? markOf(observed) : isLater(account, observed) ? account.metadata.uid : undefined;
  if (mark === undefined) return deployment;
  const template = deployment.spec['template'] as { readonly metadata: object };
  const metadata = { ...template.metadata, annotations: { [ACCOUNT_ANNOTATION]: mark } };
  return { ...deployment, spec: { ...deployment.spec, template: { ...template, metadata } } };
}

function markOf(observed: WithTemplate | undefined): string | undefined {
  return observed?.spec?.template?.metadata?.annotations?.[ACCOUNT_ANNOTATION];
}

/** Metacontroller makes the account first: only one that replaces it is later. */
function isLater(account: KubernetesObject, deployment: KubernetesObject | undefined): boolean {
  const made = deployment?.metadata.creationTimestamp;
  return made !== undefined && (account.metadata.creationTimestamp ?? '') > made;
}
