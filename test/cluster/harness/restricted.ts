/** What Pod Security's restricted profile asks of a pod, so that test pods run in any namespace. */
export const restrictedPod = { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } };

/** What it asks of a container. */
export const restrictedContainer = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
