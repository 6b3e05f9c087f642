import { ADMIN_PORT, environment, GATEWAY_PORT } from '../../gateway/contract/environment.ts';
import { registryName } from '../../gateway/contract/names.ts';
import type { Gateway, GatewaySpec, ResourceRequirements } from './gateway.ts';
import { mountsOf, TLS_DIR } from './mounts.ts';
import { keysSecretName, objectLabels, selectorLabels, workloadName } from './names.ts';
import { canonicalQuantity } from './quantity.ts';
import { MCP_PORT_NAME, type SpecObject } from './services.ts';

/**
 * The Gateway's generation that a Deployment was made from: tells an edit that has arrived from one on its way. On the
 * Deployment alone, not on its pods: an edit that does not concern them must not restart them.
 */
export const GENERATION_ANNOTATION = 'gateways.fetchfy.ai/generation';

const ADMIN_PORT_NAME = 'admin';
const CACHE_DIR = '/var/cache/fetchfy';
const KEYS_DIR = '/etc/fetchfy/keys';
/** Where every client of the API looks. */
const TOKEN_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
/** As long as Kubernetes' own tokens hold; a kubelet renews it when most of that is over. */
const TOKEN_SECONDS = 3607;

/**
 * How a replica ends without a failed call: the pod is taken off its Service's endpoints as soon as it is to be deleted,
 * but proxies hear of it a moment later. Until then (`preStop: sleep`, Kubernetes 1.30; the image has no shell) it serves
 * as if nothing were; then SIGTERM lets it finish what runs, for as long as a call may take by default.
 */
const PROPAGATION_SECONDS = 5;
const DRAIN_SECONDS = 60;
const MARGIN_SECONDS = 10;

/**
 * What runs, as the image's own entry point and folder have it (Dockerfile). Written out: else a command or arguments that
 * somebody adds would not be ours to take away.
 */
const PROGRAM = { command: ['node'], args: ['dist/gateway/main.js'], workingDir: '/fetchfy' } as const;

/** What it takes to read the registry: a token for the API server alone, and what the API server is trusted by. */
const API_ACCESS = [
  { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
];

const DEFAULT_RESOURCES = {
  requests: { cpu: '100m', memory: '128Mi' },
  limits: { memory: '512Mi' },
} as const;

/**
 * The gateway's Deployment. Canonical throughout: what the API server would write otherwise (a quantity, a default inside
 * a list without a merge key) would differ at each sync and be written again forever.
 */
export function deployment(gateway: Gateway, image: string): SpecObject {
  const { name, namespace = '', generation } = gateway.metadata;
  const spec = gateway.spec ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: workloadName(name),
      namespace,
      labels: objectLabels(name, 'gateway'),
      ...(generation === undefined ? {} : { annotations: { [GENERATION_ANNOTATION]: String(generation) } }),
    },
    spec: {
      // Absent: whoever scales the Deployment keeps what they set.
      ...(spec.replicas === undefined ? {} : { replicas: spec.replicas }),
      selector: { matchLabels: selectorLabels(name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: objectLabels(name, 'gateway') }, spec: podSpec(gateway, image) },
    },
  };
}

function podSpec(gateway: Gateway, image: string): Readonly<Record<string, unknown>> {
  const { name } = gateway.metadata;
  const spec = gateway.spec ?? {};
  return {
    serviceAccountName: workloadName(name),
    // The container that needs a token mounts it; one that somebody adds beside it gets none.
    automountServiceAccountToken: false,
    // As Kubernetes has it by default; whatever else somebody sets, a gateway must find its API server and its upstreams.
    dnsPolicy: 'ClusterFirst',
    // Else each Service of the namespace becomes a set of variables, and one named "fetchfy-…" could be taken for ours.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: PROPAGATION_SECONDS + DRAIN_SECONDS + MARGIN_SECONDS,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container(gateway, image)],
    volumes: volumes(name, spec),
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      labelSelector: { matchLabels: selectorLabels(name) },
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
    })),
    ...(spec.imagePullSecrets === undefined ? {} : { imagePullSecrets: spec.imagePullSecrets }),
    ...(spec.nodeSelector === undefined ? {} : { nodeSelector: spec.nodeSelector }),
    ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
  };
}

function container(gateway: Gateway, image: string): Readonly<Record<string, unknown>> {
  const spec = gateway.spec ?? {};
  return {
    name: 'gateway',
    image,
    imagePullPolicy: 'IfNotPresent',
    ...PROGRAM,
    env: Object.entries(containerEnvironment(gateway)).map(([name, value]) => ({ name, value })),
    ports: [
      { name: MCP_PORT_NAME, containerPort: GATEWAY_PORT, protocol: 'TCP' },
      { name: ADMIN_PORT_NAME, containerPort: ADMIN_PORT, protocol: 'TCP' },
    ],
    // The probes ask the admin port: a full or TLS-broken main port must not look like a dead process.
    startupProbe: probe('/healthz', { periodSeconds: 1, failureThreshold: 30 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 2 }),
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5 }),
    lifecycle: { preStop: { sleep: { seconds: PROPAGATION_SECONDS } } },
    resources: canonicalResources(spec.resources ?? DEFAULT_RESOURCES),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [
      { name: 'api-access', mountPath: TOKEN_DIR, readOnly: true },
      { name: 'cache', mountPath: CACHE_DIR },
      { name: 'keys', mountPath: KEYS_DIR, readOnly: true },
      ...mountsOf(spec).map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
    ],
  };
}

/** A probe of the admin port with its defaults written out: what is not ours to say, whoever edits it keeps. */
function probe(path: string, often: { readonly periodSeconds: number; readonly [field: string]: number }): object {
  return {
    httpGet: { path, port: ADMIN_PORT_NAME, scheme: 'HTTP' },
    failureThreshold: 3,
    successThreshold: 1,
    timeoutSeconds: 1,
    ...often,
  };
}

function containerEnvironment(gateway: Gateway): Readonly<Record<string, string>> {
  const { name, namespace = '', uid } = gateway.metadata;
  return {
    [environment.gateway]: name,
    [environment.namespace]: namespace,
    ...(uid !== undefined && { [environment.gatewayUid]: uid }),
    [environment.registry]: `configmap:${namespace}/${registryName(name)}`,
    [environment.listen]: `[::]:${GATEWAY_PORT}`,
    [environment.adminListen]: `[::]:${ADMIN_PORT}`,
    [environment.cacheDir]: CACHE_DIR,
    [environment.keysDir]: KEYS_DIR,
    [environment.drainTimeout]: `${DRAIN_SECONDS}s`,
    // Set even if no Secret is named: a gateway that was asked for TLS must never serve without it.
    ...(gateway.spec?.enableTls === true ? { [environment.tlsDir]: TLS_DIR } : {}),
    ...Object.fromEntries(
      mountsOf(gateway.spec ?? {}).map(({ variable, mountPath }) => [variable, mountPath] as const),
    ),
  };
}

/**
 * Secrets are optional to the pod: a missing one must not keep it from starting, and telling what is missing.
 * The mode is Kubernetes' default, 0644.
 */
function volumes(gateway: string, spec: GatewaySpec): readonly object[] {
  const secret = (secretName: string, key?: string) => ({
    secretName,
    ...(key !== undefined && { items: [{ key, path: key }] }),
    defaultMode: 0o644,
    optional: true,
  });
  return [
    { name: 'api-access', projected: { defaultMode: 0o644, sources: API_ACCESS } },
    { name: 'cache', emptyDir: { sizeLimit: '64Mi' } },
    { name: 'keys', secret: secret(keysSecretName(gateway)) },
    ...mountsOf(spec).map(({ name, kind, object, key }) =>
      kind === 'secret'
        ? { name, secret: secret(object, key) }
        : { name, configMap: { name: object, defaultMode: 0o644, optional: true } },
    ),
  ];
}

function canonicalResources(resources: ResourceRequirements): Readonly<Record<string, unknown>> {
  const groups = (['requests', 'limits'] as const).map((group) => [group, canonicalGroup(resources[group])] as const);
  return Object.fromEntries(groups.filter(([, quantities]) => quantities !== undefined));
}

/** Quantities as Kubernetes stores them; one that is none is left out, and told as a fault of the spec. */
function canonicalGroup(
  group: Readonly<Record<string, string | number>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (group === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(group).flatMap(([name, quantity]) => {
      const canonical = canonicalQuantity(quantity);
      return canonical === undefined ? [] : [[name, canonical]];
    }),
  );
}
