import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

/** The revisions whose requirements are tested; each set runs in that revision's own wire format. */
export const requirementSets = ['2025-11-25', '2026-07-28'] as const;
export type RequirementSet = (typeof requirementSets)[number];

/** One scenario that a requirement set has a server run. */
export interface Requirement {
  readonly scenario: string;
  /** Why it does not count towards conformance (`pending`, `extension`, …); absent if it counts. */
  readonly unscored?: string;
}

interface RequirementsFile {
  readonly server: readonly string[];
  readonly not_scored: readonly { readonly scenario: string; readonly leg: string; readonly reason: string }[];
}

/** What the suite's own file says that a server of this revision is tested for, in its order. */
export function serverRequirements(set: RequirementSet): Requirement[] {
  const file = import.meta.resolve(`@modelcontextprotocol/conformance/requirements/${set}.yaml`);
  const { server, not_scored: unscored } = load(readFileSync(fileURLToPath(file), 'utf8')) as RequirementsFile;
  return [
    ...server.map((scenario) => ({ scenario })),
    ...unscored.filter(({ leg }) => leg === 'server').map(({ scenario, reason }) => ({ scenario, unscored: reason })),
  ];
}
