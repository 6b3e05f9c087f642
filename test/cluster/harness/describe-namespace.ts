import type { KubeClient } from './kube-client.ts';
import type { KubeObject, Pod } from './kube-objects.ts';

interface Event extends KubeObject {
  reason?: string;
  message?: string;
  type?: string;
  involvedObject: { kind: string; name: string };
}

/** What is in a namespace and what happened there, for whoever reads of a failed scenario. */
export async function describeNamespace(client: KubeClient, namespace: string): Promise<string> {
  const lines = [`Namespace ${namespace}:`];
  const pods = await client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
  for (const pod of pods) {
    const containers = pod.status?.containerStatuses ?? [];
    lines.push(
      `  pod ${pod.metadata.name} ${pod.status?.phase}: ${JSON.stringify(containers.map(({ state }) => state))}`,
    );
    for (const { name } of containers) {
      const log = await client.logs(namespace, pod.metadata.name, { container: name, tailLines: 10 }).catch(String);
      lines.push(
        ...log
          .trimEnd()
          .split('\n')
          .map((line) => `    ${name}: ${line}`),
      );
    }
  }
  const events = await client.list<Event>({ apiVersion: 'v1', kind: 'Event' }, { namespace });
  for (const { type, reason, message, involvedObject } of events) {
    lines.push(`  ${type} ${involvedObject.kind} ${involvedObject.name} ${reason}: ${message}`);
  }
  return lines.join('\n');
}
