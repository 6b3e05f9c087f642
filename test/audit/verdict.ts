/** What `npm audit` said, and what it comes to with the advisories that are accepted for a reason. */

/** A known weakness of a package that is installed. */
export interface Advisory {
  /** As people cite it, `GHSA-xxxx-xxxx-xxxx`; else the registry's number. */
  readonly id: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
  /** The versions that have it. */
  readonly range: string;
  readonly url: string;
  /** Whether the package is part of the image, or used by tests and tools alone. */
  readonly production: boolean;
}

/** Why an advisory does no harm here; accepted.json is a list of these. */
export interface Acceptance {
  readonly advisory: string;
  readonly package: string;
  readonly reason: string;
}

/** What a registry answered. */
export type Answer =
  | { readonly kind: 'answered'; readonly advisories: readonly Advisory[] }
  | { readonly kind: 'not available'; readonly reason: string };

interface Report {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  readonly statusCode?: number;
  readonly message?: string;
}
interface Vulnerability {
  readonly name: string;
  /** Advisories of the package itself; names of packages that pass theirs on to it. */
  readonly via: readonly (string | { source: number; title: string; url: string; severity: string; range: string })[];
  /** Where it is installed, as package-lock.json names its entries. */
  readonly nodes: readonly string[];
}

/** What of package-lock.json is read here. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/**
 * Reads the output of `npm audit --json`. Anything but a report of the version that is known here is no answer: silence
 * must never pass for health.
 */
export function readAnswer(output: string, lock: Lock): Answer {
  const report = parsed(output);
  if (report?.auditReportVersion !== 2 || report.vulnerabilities === undefined) {
    return { kind: 'not available', reason: faultOf(report) };
  }
  const advisories = Object.values(report.vulnerabilities).flatMap(({ name, via, nodes }) =>
    via
      .filter((each) => typeof each === 'object')
      .map(({ source, title, url, severity, range }): Advisory => {
        const id = /GHSA(-[0-9a-z]{4}){3}/.exec(url)?.[0] ?? String(source);
        const production = nodes.some((node) => lock.packages[node]?.dev !== true);
        return { id, package: name, severity, title, range, url, production };
      }),
  );
  return { kind: 'answered', advisories: advisories.sort((a, b) => keyOf(a).localeCompare(keyOf(b))) };
}

function parsed(output: string): Report | null | undefined {
  try {
    return JSON.parse(output) as Report | null;
  } catch {
    return undefined;
  }
}

function faultOf(report: Report | null | undefined): string {
  if (report?.statusCode !== undefined) return `the registry answered ${report.statusCode}`;
  const code = /\bE[A-Z_]{4,}\b/.exec(report?.message ?? '')?.[0];
  return code === undefined ? 'npm audit gave no report' : `the registry cannot be reached (${code})`;
}

/** What is to be said, and whether all is well: nothing found, all of it explained, or nobody to ask. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly failed: boolean;
}

/**
 * The verdict on an answer.
 *
 * @param askable whether the registry, asked about a package with a known weakness, knew of it: one that answers
 *   everything with an empty list has no advisories to offer
 */
export function verdictOn(answer: Answer, accepted: readonly Acceptance[], askable: boolean): Verdict {
  const faults = accepted
    .filter(({ advisory, package: name, reason }) => !advisory || !name || (reason ?? '').trim().length < 20)
    .map(({ advisory, package: name }) => `accepted.json: ${advisory} of ${name} needs a reason, a sentence.`);
  if (faults.length > 0) return { lines: faults, failed: true };
  if (answer.kind === 'not available') return { lines: [`not available: ${answer.reason}.`], failed: false };
  if (answer.advisories.length === 0 && !askable) {
    const reason = 'the registry knows of no advisory even where there is one';
    return { lines: [`not available: ${reason}.`], failed: false };
  }
  const reasons = new Map(accepted.map((each) => [`${each.package} ${each.advisory}`, each.reason]));
  const open = answer.advisories.filter((advisory) => !reasons.has(keyOf(advisory)));
  const lines = answer.advisories.map((advisory) => {
    const { id, package: name, severity, title, range, production } = advisory;
    const reason = reasons.get(keyOf(advisory));
    const where = production ? 'in the image' : 'in tests and tools';
    const line = `${severity} ${name} ${range} ${id}: ${title} (${where})`;
    return reason === undefined ? `open: ${line}` : `accepted: ${line}. ${reason}`;
  });
  const found = new Set(answer.advisories.map(keyOf));
  const stale = [...reasons.keys()].filter((key) => !found.has(key));
  lines.push(...stale.map((key) => `no longer found, to be taken out of accepted.json: ${key}`));
  lines.push(sumOf(open.length, answer.advisories.length));
  return { lines, failed: open.length > 0 };
}

function sumOf(open: number, all: number): string {
  if (open > 0) return `${open} open, ${all - open} accepted.`;
  return all === 0 ? 'clean: no advisory is known for what is installed.' : `explained: ${all} accepted, none open.`;
}

function keyOf({ id, package: name }: Advisory): string {
  return `${name} ${id}`;
}
