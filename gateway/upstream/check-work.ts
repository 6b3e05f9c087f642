import { listKinds, type ListKind } from './catalogue.ts';
import type { ChangedList } from './control-connection.ts';

const probes = ['no', 'due', 'expired', 'now'] as const;
type Probe = (typeof probes)[number];

/** What the next check of a server has to do. */
export interface CheckWork {
  readonly kinds: ReadonlySet<ListKind>;
  /**
   * Ask the server anew what it is: not, if it is time for it, since what it said has run out by its own word, or since it
   * may be another.
   */
  readonly probe: Probe;
  /** Before the checks that merely come round. */
  readonly urgent: boolean;
}

export const allKinds: ReadonlySet<ListKind> = new Set(listKinds);

/** The lists that a server's announcement is about. */
export const kindsOf: Readonly<Record<ChangedList, readonly ListKind[]>> = {
  tools: ['tools'],
  prompts: ['prompts'],
  resources: ['resources', 'resourceTemplates'],
};

/** The announcement that a list's change would be heard by. */
export const announcementOf: Readonly<Record<ListKind, ChangedList>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
};

/** What does as much as both. */
export function mergedWork(a: CheckWork, b: CheckWork): CheckWork {
  const probe = probes.indexOf(a.probe) > probes.indexOf(b.probe) ? a.probe : b.probe;
  return { kinds: new Set([...a.kinds, ...b.kinds]), probe, urgent: a.urgent || b.urgent };
}
