import { isAppliedByServer } from '../metacontroller/apply-strategy.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';

interface Port {
  readonly name?: string;
  readonly protocol?: string;
  readonly [field: string]: unknown;
}

/** What of a Service or a Deployment has ports. */
interface WithPorts extends KubernetesObject {
  readonly spec?: {
    readonly ports?: readonly Port[];
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } };
  };
}

interface Container {
  readonly name: string;
  readonly ports?: readonly Port[];
}

/**
 * A child with the names of its ports free to be used.
 *
 * Both of Metacontroller's apply strategies merge ports by their number. Where somebody changed the number of one of ours,
 * the merge keeps theirs and adds ours, both under one name: every write would be refused from then on. So theirs is
 * renamed first. That makes it part of what was applied, and the next sync, which no longer wants it, takes it away.
 *
 * Under server-side-apply the port itself stays theirs, and without a name the API server would refuse it: so its new name
 * is wanted for as long as it is there. It stands in nobody's way.
 *
 * @param observed the child as it is; undefined: there is none yet
 */
export function withPortNamesFreed(child: KubernetesObject, observed: KubernetesObject | undefined): KubernetesObject {
  const { spec }: WithPorts = child;
  const present: WithPorts | undefined = observed;
  const found = present?.spec;
  if (spec === undefined || found === undefined) return child;
  const keeps = isAppliedByServer(present ?? child);
  const servicePorts = freed(spec.ports, found.ports, 'port', keeps);
  if (servicePorts !== undefined) return { ...child, spec: { ...spec, ports: servicePorts } } as KubernetesObject;

  const containers = spec.template?.spec?.containers;
  const changed = containers?.map((container) => {
    const { ports } = found.template?.spec?.containers?.find(({ name }) => name === container.name) ?? {};
    const containerPorts = freed(container.ports, ports, 'containerPort', keeps);
    return containerPorts === undefined ? container : { ...container, ports: containerPorts };
  });
  if (changed === undefined || changed.every((container, index) => container === containers?.[index])) return child;
  const template = { ...spec.template, spec: { ...spec.template?.spec, containers: changed } };
  return { ...child, spec: { ...spec, template } } as KubernetesObject;
}

const RENAMED = 'not-ours-';

/**
 * Our ports and, renamed, those that bear one of their names under another number; undefined: none does.
 *
 * @param keeps also those that were renamed before
 */
function freed(
  wanted: readonly Port[] = [],
  observed: readonly Port[] = [],
  key: 'port' | 'containerPort',
  keeps: boolean,
): readonly Port[] | undefined {
  const names = new Set(wanted.map(({ name }) => name));
  const numbers = new Set(wanted.map((port) => port[key]));
  const isInTheWay = ({ name = '' }: Port) => names.has(name) || (keeps && name.startsWith(RENAMED));
  const inTheWay = observed.filter((port) => isInTheWay(port) && !numbers.has(port[key]));
  if (inTheWay.length === 0) return undefined;
  return [
    ...wanted,
    ...inTheWay.map((port) => ({
      name: `${RENAMED}${String(port[key])}`,
      [key]: port[key],
      protocol: port.protocol ?? 'TCP',
    })),
  ];
}
