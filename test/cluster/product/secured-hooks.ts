import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { certificateAuthority, type CertificateAuthority } from '../../support/certificates.ts';
import { until } from '../../support/until.ts';
import type { Pod, Reference } from '../harness/kube-objects.ts';
import type { TestCluster } from '../harness/test-cluster.ts';
import { podsOf } from './faults/workloads.ts';
import { applyManifests } from './install.ts';

const NAMESPACE = 'fetchfy-system';
const LABEL = 'app.kubernetes.io/name=fetchfy-hooks';
const overlay = join(import.meta.dirname, 'hooks-tls');

/** The name that Metacontroller makes of the webhooks' Service. */
const NAME = 'fetchfy-hooks.fetchfy-system';

const controllers = (['CompositeController fetchfy-gateways', 'DecoratorController fetchfy-registry'] as const).map(
  (text): Reference => {
    const [kind = '', name = ''] = text.split(' ');
    return { apiVersion: 'metacontroller.k8s.io/v1alpha1', kind, name };
  },
);

/** Makes an authority, and what it signs for the hooks. */
export function hooksAuthority(name: string): CertificateAuthority {
  return certificateAuthority(name);
}

/** A token as people make one. */
export function newToken(): string {
  return randomBytes(32).toString('hex');
}

/** The hooks behind TLS and tokens: what a person does to set them up, and to rotate what is secret. */
export class SecuredHooks {
  readonly #cluster: TestCluster;
  #looks = 0;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  /** `kubectl apply -k` of the overlay, until the hooks' pods are ready. */
  async install(): Promise<void> {
    await this.#cluster.kubectlApply(overlay);
    await this.#cluster.kubectl('rollout', 'status', '-n', NAMESPACE, 'deployment/fetchfy-hooks', '--timeout=120s');
  }

  /** As it was before: the plain manifests, and none of the Secrets. */
  async remove(): Promise<void> {
    await applyManifests(this.#cluster);
    const { client } = this.#cluster;
    for (const name of ['fetchfy-hooks-tls', 'fetchfy-hooks-token', 'not-of-the-hooks']) {
      await client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name });
    }
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
    await client.delete({ ...role, name: 'fetchfy-metacontroller-secrets' });
  }

  /** Writes the certificate, and the bundle of authorities that Metacontroller trusts. */
  async certify(
    authority: CertificateAuthority,
    trusted: readonly CertificateAuthority[] = [authority],
  ): Promise<void> {
    const { cert, key } = authority.issue(NAME);
    const bundle = trusted.map((each) => each.cert).join('');
    await this.secret('fetchfy-hooks-tls', { 'tls.crt': cert, 'tls.key': key, 'ca.crt': bundle }, 'kubernetes.io/tls');
  }

  /** Writes the bundle alone. */
  async trust(trusted: readonly CertificateAuthority[]): Promise<void> {
    const bundle = Buffer.from(trusted.map((each) => each.cert).join('')).toString('base64');
    await this.#cluster.client.patch(this.#secretReference('fetchfy-hooks-tls'), { data: { 'ca.crt': bundle } });
  }

  /** Writes a Secret with these entries and no others. */
  async secret(name: string, entries: Readonly<Record<string, string>>, type = 'Opaque'): Promise<void> {
    const { client } = this.#cluster;
    const reference = this.#secretReference(name);
    const found = await client.get(reference);
    const data = Object.fromEntries(Object.entries(entries).map(([k, v]) => [k, Buffer.from(v).toString('base64')]));
    if (found) await client.replace({ ...found, data });
    else {
      await client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name }, type, data });
    }
  }

  /** Has Metacontroller read authorities and token anew: it does when the controllers' spec changes. */
  async readAnew(): Promise<void> {
    this.#looks += 1;
    for (const reference of controllers) {
      await this.#cluster.client.patch(reference, { spec: { resyncPeriodSeconds: 30 + this.#looks } });
    }
  }

  /** Has Metacontroller show what another Secret holds under `token`. */
  async showTokenOf(secret: string): Promise<void> {
    const webhook = { webhook: { authorization: { secretRef: { name: secret } } } };
    for (const reference of controllers) {
      await this.#cluster.client.patch(reference, { spec: { hooks: { sync: webhook, customize: webhook } } });
    }
  }

  /** Waits until every pod of the hooks has written a line that matches, after what it had written at the mark. */
  async untilAllWrote(line: RegExp, since: Readonly<Record<string, number>>): Promise<void> {
    const isWritten = async () => {
      // A kubelet looks after mounted Secrets only when it looks after their pod: every 60 to 120 s, or when it changes.
      for (const { metadata } of await this.#pods()) {
        const pod = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: metadata.name };
        await this.#cluster.client.patch(pod, { metadata: { annotations: { looked: String(Date.now()) } } });
      }
      const logs = await this.logs();
      return Object.entries(logs).every(([pod, lines]) => lines.slice(since[pod] ?? 0).some((each) => line.test(each)));
    };
    await until(`the hooks to write ${line}`, isWritten, {
      deadlineMs: 180_000,
      everyMs: 1000,
      state: () => this.logs(),
    });
  }

  /** How much each pod has written: to be handed to `untilAllWrote`. */
  async mark(): Promise<Record<string, number>> {
    return Object.fromEntries(Object.entries(await this.logs()).map(([pod, lines]) => [pod, lines.length]));
  }

  /** What each pod has written, a line each. */
  async logs(): Promise<Record<string, string[]>> {
    const entries = (await this.#pods()).map(async ({ metadata }): Promise<[string, string[]]> => {
      const text = await this.#cluster.client.logs(NAMESPACE, metadata.name);
      return [metadata.name, text.split('\n').filter(Boolean)];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The calls that all pods have answered, by outcome. */
  async calls(): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { metadata } of await this.#pods()) {
      const text = await this.#cluster.client.raw(
        `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}:9090/proxy/metrics`,
      );
      for (const [, outcome = '', count] of text.matchAll(
        /^fetchfy_hook_calls_total\{hook="[^"]+",outcome="([^"]+)"\} (\d+)$/gm,
      )) {
        sums[outcome] = (sums[outcome] ?? 0) + Number(count);
      }
    }
    return sums;
  }

  async #pods(): Promise<Pod[]> {
    return podsOf(this.#cluster, NAMESPACE, LABEL);
  }

  #secretReference(name: string): Reference {
    return { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name };
  }
}
