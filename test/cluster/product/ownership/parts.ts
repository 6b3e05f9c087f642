import type { KubeObject, Reference } from '../../harness/kube-objects.ts';
import type { TestGateway } from '../gateway.ts';
import type { Product } from '../product.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Everything that a Gateway is made of, with an edit of each that breaks it. */
export function parts(gateway: TestGateway): { reference: Reference; edit: Record<string, unknown> }[] {
  const { namespace, name } = gateway;
  const peers = { apiVersion: 'v1', kind: 'Service', namespace, name: `${name}-peers` };
  const ports = [{ name: 'mcp', containerPort: 1234 }];
  const container = { name: 'gateway', image: 'example.com/other', command: ['sleep'], args: ['1h'], ports };
  // A budget has one bound: ours could not be written beside this.
  const budget = { spec: { maxUnavailable: null, minAvailable: 1, selector: { matchLabels: { track: 'canary' } } } };
  return [
    {
      reference: gateway.workload('apps/v1', 'Deployment'),
      edit: {
        spec: { strategy: { type: 'Recreate', rollingUpdate: null }, template: { spec: { containers: [container] } } },
      },
    },
    {
      reference: gateway.workload('v1', 'Service'),
      edit: {
        spec: {
          ports: [{ name: 'mcp', port: 1234, targetPort: 1234 }],
          selector: { 'app.kubernetes.io/name': 'other', track: 'canary' },
          publishNotReadyAddresses: true,
          internalTrafficPolicy: 'Local',
        },
      },
    },
    { reference: peers, edit: { spec: { selector: { track: 'canary' } } } },
    {
      reference: gateway.workload('v1', 'ServiceAccount'),
      edit: { metadata: { labels: { 'app.kubernetes.io/name': 'x' } } },
    },
    { reference: gateway.workload(RBAC, 'Role'), edit: { rules: [] } },
    { reference: gateway.workload(RBAC, 'RoleBinding'), edit: { subjects: [] } },
    { reference: gateway.workload('policy/v1', 'PodDisruptionBudget'), edit: budget },
    {
      reference: gateway.workload('networking.k8s.io/v1', 'NetworkPolicy'),
      edit: { spec: { podSelector: { matchLabels: { track: 'canary' } }, egress: [{}], policyTypes: ['Egress'] } },
    },
    { reference: gateway.registry(), edit: { data: { 'index.json': '{}' } } },
    { reference: gateway.registry(0), edit: { data: { 'shard-0.json': 'broken' } } },
  ];
}

/**
 * What excludes something of ours in the Deployment's pods (one way of probing, one origin of a value, one source of a
 * volume), or would keep them from starting.
 */
export const exclusiveEdit = {
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'gateway',
            env: [{ name: 'FETCHFY_LISTEN', value: null, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            livenessProbe: { httpGet: null, exec: { command: ['false'] } },
            readinessProbe: { initialDelaySeconds: 3_600 },
            lifecycle: { postStart: { exec: { command: ['false'] } } },
          },
        ],
        volumes: [{ name: 'keys', secret: null, emptyDir: {} }],
      },
    },
  },
};

/**
 * What we set of an object: all but what the API server, other controllers and the history of the object write. Under
 * server-side-apply a port that somebody added stays theirs, under another name: it stands in nobody's way.
 */
export function ours({ metadata, ...rest }: KubeObject): string {
  const { labels, ownerReferences, name } = metadata;
  const { status: _status, spec, ...kept } = rest;
  const owners = ownerReferences?.map(({ kind, uid, controller }) => ({ kind, uid, controller }));
  // A Service that is made anew gets another address. Pods name an account that came after their Deployment.
  const { clusterIP: _clusterIP, clusterIPs: _clusterIPs, template, ...others } = (spec ?? {}) as Spec;
  const { metadata: podMetadata, ...pod } = template ?? {};
  const all = { labels, owners, name, ...kept, others, pod, podLabels: podMetadata?.labels };
  return JSON.stringify(all, (key, value: unknown) => (key === 'ports' ? withoutRenamed(value) : value));
}

function withoutRenamed(ports: unknown): unknown {
  return Array.isArray(ports)
    ? (ports as { name?: string }[]).filter(({ name }) => !name?.startsWith('not-ours-'))
    : ports;
}

interface Spec {
  readonly clusterIP?: string;
  readonly clusterIPs?: string[];
  readonly template?: { readonly metadata?: { readonly labels?: object } };
}

/** The objects as they are now, in the order of the references. */
export async function readAll(product: Product, references: readonly Reference[]): Promise<KubeObject[]> {
  return Promise.all(references.map((reference) => product.cluster.waitFor(reference, () => true)));
}
