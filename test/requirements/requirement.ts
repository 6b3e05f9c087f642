/**
 * What the MCP specification requires of the gateway, row by row, and how a row is written. The gateway is a server to its
 * clients and a client to its servers, so that both sides of the specification bind it.
 */

/** The revision's era: 2025-11-25 and before, or 2026-07-28. */
export type Era = 'legacy' | 'modern';

/** Where the requirement binds the gateway: as a server of its clients, or as a client of its servers. */
export type Side = 'downstream' | 'upstream';

/** A test that shows a requirement. */
export interface TestReference {
  /** Path from the repository's root. */
  readonly file: string;
  /** The test's title as it stands in the file; of titles made in a loop, the template. */
  readonly title: string;
  /** The case of a loop's table that is meant, as it stands in the file. */
  readonly entry?: string;
}

/** One requirement. */
export interface Requirement {
  readonly id: string;
  /** File and heading of the specification: `2025-11-25/basic/index: Requests`. */
  readonly section: string;
  /** What the gateway does, in our words. */
  readonly behaviour: string;
  readonly era: Era;
  readonly side: Side;
  readonly test: readonly TestReference[];
}

/** A section, or a whole file of them, that does not concern the gateway; beside rows, what of it does not. */
export interface Exclusion {
  readonly section: string;
  readonly reason: string;
}

/** File of the specification → its headings. */
export type Sections = Readonly<Record<string, readonly string[]>>;

type Row = Omit<Requirement, 'section' | 'era'>;

/** A requirement on the gateway as a server. */
export function downstream(id: string, behaviour: string, ...test: readonly TestReference[]): Row {
  return { id, behaviour, side: 'downstream', test };
}

/** A requirement on the gateway as a client. */
export function upstream(id: string, behaviour: string, ...test: readonly TestReference[]): Row {
  return { id, behaviour, side: 'upstream', test };
}

/** The rows of one section; what is newer than the legacy revisions, the tasks extension too, is modern. */
export function section(name: string, ...rows: readonly Row[]): Requirement[] {
  const era = name.startsWith('2024-') || name.startsWith('2025-') ? 'legacy' : 'modern';
  return rows.map((each) => ({ ...each, section: name, era }));
}
