import { isAppliedByServer } from '../metacontroller/apply-strategy.ts';
import { LAST_APPLIED_ANNOTATION } from '../metacontroller/hooks.ts';
import { objectKey, type KubernetesObject } from '../metacontroller/objects.ts';
import type { SpecObject } from './services.ts';

/**
 * Parts of the Deployment that are ours as a whole: each source of a volume, each origin of a variable's value and each
 * way of probing excludes the others, so that one which somebody added beside ours, or in its place, would have the API
 * server refuse every write of the Deployment from then on. Its other parts take what a user adds: containers,
 * variables, volumes, tolerations, annotations.
 */
interface Part {
  /** For a sentence. */
  readonly name: string;
  readonly wanted: unknown;
  readonly observed: unknown;
  /** As it was wanted when Metacontroller wrote it last. */
  readonly last: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/** The parts of a container that are ours as a whole, beside its variables. */
const CONTAINER_PARTS = ['startupProbe', 'readinessProbe', 'livenessProbe', 'lifecycle'];

/**
 * The Deployment, with what somebody added to such parts taken back.
 *
 * Metacontroller's dynamic-apply takes away only what was wanted before and no longer is. So this wants the part once as
 * it is, which changes no pod; the next sync finds it among what was wanted, and wants ours.
 *
 * @param observed the Deployment as it is; undefined: there is none yet
 */
export function withDeploymentEditsUndone(wanted: SpecObject, observed: KubernetesObject | undefined): SpecObject {
  if (observed === undefined || isAppliedByServer(observed)) return wanted;
  return mapParts(wanted, observed, (part) => (isTakenBack(part) ? part.wanted : part.observed));
}

/**
 * What was added to such parts and cannot be taken back, since under server-side-apply a field that somebody else set
 * stays theirs: a sentence, or none.
 */
export function deploymentEditFaults(wanted: SpecObject, observed: KubernetesObject | undefined): string[] {
  if (observed === undefined || !isAppliedByServer(observed)) return [];
  const edited: string[] = [];
  mapParts(wanted, observed, (part) => {
    if (!isTakenBack(part)) edited.push(part.name);
    return part.wanted;
  });
  if (edited.length === 0) return [];
  const names = edited.join(', ');
  return [
    `Deployment ${objectKey(wanted)} was edited so that it can no longer be brought up to date (${names}): take that back, or delete it, and it is made anew.`,
  ];
}

/** Whether nobody added to the part, or what was added goes by itself, since it was wanted. */
function isTakenBack({ wanted, observed, last }: Part): boolean {
  return observed === undefined || isWithin(observed, wanted) || isWithin(observed, last);
}

/** Whether all members of the one are members of the other, whatever their values; lists are replaced as a whole. */
function isWithin(inner: unknown, outer: unknown): boolean {
  if (!isMembers(inner)) return outer !== undefined;
  return isMembers(outer) && Object.entries(inner).every(([key, member]) => isWithin(member, outer[key]));
}

/** The Deployment with each of its parts replaced. */
function mapParts(wanted: SpecObject, observed: KubernetesObject, replaced: (part: Part) => unknown): SpecObject {
  const lastApplied = observed.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  const template = wanted.spec['template'] as { readonly spec: Members };
  const [found, last] = [observed, parsed(lastApplied)].map((each) => podOf(each));
  const items = (name: string, own: unknown, theirs: unknown, wantedLast: unknown) =>
    list(own).map((item) =>
      replaced({
        name: `${name} ${String(item['name'])}`,
        wanted: item,
        observed: itemLike(item, theirs),
        last: itemLike(item, wantedLast),
      }),
    );
  const containers = list(template.spec['containers']).map((container) => {
    const theirs = itemLike(container, found?.['containers']);
    const wantedLast = itemLike(container, last?.['containers']);
    const parts = CONTAINER_PARTS.map((name) => {
      const part = { name, wanted: container[name], observed: theirs?.[name], last: wantedLast?.[name] };
      return [name, replaced(part)] as const;
    });
    const env = items('variable', container['env'], theirs?.['env'], wantedLast?.['env']);
    return { ...container, ...Object.fromEntries(parts), env };
  });
  const volumes = items('volume', template.spec['volumes'], found?.['volumes'], last?.['volumes']);
  const pod = { ...template.spec, containers, volumes };
  return { ...wanted, spec: { ...wanted.spec, template: { ...template, spec: pod } } };
}

/** The spec of the pods of a Deployment, as far as it has one. */
function podOf(deployment: unknown): Members | undefined {
  let value = deployment;
  for (const key of ['spec', 'template', 'spec']) value = isMembers(value) ? value[key] : undefined;
  return isMembers(value) ? value : undefined;
}

function itemLike(item: Members, candidates: unknown): Members | undefined {
  return list(candidates).find(({ name }) => name === item['name']);
}

function list(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.filter(isMembers) : [];
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A user may have written anything there. */
function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
