import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import t from 'tap';
import type { GatewayReport } from '../../gateway/contract/report.ts';
import type { RejectedService, ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { customizeGateway } from '../../hooks/gateways/controller.ts';
import type { Gateway } from '../../hooks/gateways/gateway.ts';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import { customizeRegistry, syncRegistry } from '../../hooks/registry/controller.ts';
import { published, settledChildren, syncOf } from './support/gateway-sync.ts';
import { deepFreeze } from './support/objects.ts';
import { asAttachment } from './support/ownership.ts';
import { registryRequest } from './support/registry.ts';

/**
 * Golden pairs: `<case>.in.yaml` is what a hook is given, `<case>.out.yaml` what it answers. Rewrite the answers with
 * UPDATE_GOLDEN=1, and read the difference.
 */
interface Given {
  readonly hook: 'registry/customize' | 'registry/sync' | 'gateways/customize' | 'gateways/sync';
  readonly gateway: Gateway;
  readonly related?: readonly KubernetesObject[];
  /** Of the decorator; their owner and annotation are added. */
  readonly attachments?: readonly KubernetesObject[];
  /** Of the composite: all children of the Gateway as they stand once rolled out, made from this earlier Gateway. */
  readonly settled?: { readonly gateway?: Gateway; readonly replicas?: number; readonly status?: object };
  /** The registry that the composite relates. */
  readonly published?: {
    readonly generation?: number;
    readonly services?: readonly ServiceEntry[];
    readonly rejected?: readonly RejectedService[];
  };
  /** `current` as a revision stands for that of the registry. */
  readonly reports?: readonly (GatewayReport | null)[];
  readonly now?: string;
}

function answerTo(given: Given): unknown {
  const { gateway, related = [] } = given;
  switch (given.hook) {
    case 'registry/customize':
      return customizeRegistry(gateway);
    case 'gateways/customize':
      return customizeGateway(gateway);
    case 'registry/sync': {
      const attachments = (given.attachments ?? []).map((object) => asAttachment(object, gateway));
      return syncRegistry(registryRequest([...related, ...attachments], { gateway, attachments }), {
        allowLoopback: false,
      });
    }
    case 'gateways/sync':
      return gatewayAnswer(given);
    default:
      throw new Error(`There is no hook ${String(given.hook)}.`);
  }
}

function gatewayAnswer({ gateway, related = [], settled, reports = [], now, ...given }: Given): unknown {
  const registry = given.published === undefined ? undefined : published(gateway, given.published);
  const children =
    settled === undefined ? [] : settledChildren(settled.gateway ?? gateway, settled.replicas).map(withStatus(settled));
  return syncOf({
    gateway,
    children,
    related: [...related, ...(registry?.configMaps ?? [])],
    reports: reports.map((report) =>
      report?.registry.revision === 'current' && registry !== undefined
        ? { ...report, registry: { ...report.registry, revision: registry.revision } }
        : (report ?? undefined),
    ),
    ...(now === undefined ? {} : { now }),
  });
}

function withStatus({ status }: { readonly status?: object }) {
  return (child: KubernetesObject): KubernetesObject =>
    child.kind === 'Deployment' && status !== undefined ? Object.assign({}, child, { status }) : child;
}

const folder = join(import.meta.dirname, 'golden');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.in.yaml'))) {
  const name = file.replace('.in.yaml', '');
  t.test(`${name} is answered as its golden file says`, async (t) => {
    const given = deepFreeze(load(readFileSync(join(folder, file), 'utf8')) as Given);
    const answer = dump(answerTo(given), { lineWidth: -1, noRefs: true });
    const golden = join(folder, `${name}.out.yaml`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, answer);
    t.equal(answer, readFileSync(golden, 'utf8'));
  });
}
