/** The names and labels of what belongs to a Gateway. They never change once landed: renaming would orphan what exists. */

import { gatewayServiceName } from '../../gateway/contract/names.ts';

/** The label that names the application; `app.kubernetes.io/instance` then names the Gateway. */
export const NAME_LABEL = 'app.kubernetes.io/name';
export const GATEWAY_APP_NAME = 'fetchfy-gateway';

/** Where the hooks run, and the name that their pods carry (manifests/hooks). */
export const HOOKS_NAMESPACE = 'fetchfy-system';
export const HOOKS_APP_NAME = 'fetchfy-hooks';

/** Deployment, Service, ServiceAccount, Role, RoleBinding, PodDisruptionBudget and NetworkPolicy. */
export function workloadName(gateway: string): string {
  return gatewayServiceName(gateway);
}

/** The headless Service by which a gateway's replicas find each other. */
export function peersName(gateway: string): string {
  return `${gateway}-peers`;
}

/** The optional Secret with the keys that seal ids; made by the user. */
export function keysSecretName(gateway: string): string {
  return `${gateway}-keys`;
}

/** What selects a gateway's pods. */
export function selectorLabels(gateway: string): Readonly<Record<string, string>> {
  return { [NAME_LABEL]: GATEWAY_APP_NAME, 'app.kubernetes.io/instance': gateway };
}

/** What every object that belongs to a Gateway carries. */
export function objectLabels(gateway: string, component: 'gateway' | 'registry'): Readonly<Record<string, string>> {
  return {
    ...selectorLabels(gateway),
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'fetchfy',
    'app.kubernetes.io/managed-by': 'fetchfy',
  };
}

/** The longest name that a Gateway may have: its children's names must be DNS labels. */
export const MAX_GATEWAY_NAME = 50;
