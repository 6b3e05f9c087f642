import { versions, type Version } from './clients.ts';
import type { Feature, Pair } from './feature.ts';
import { clientTitle } from './grid.ts';

/** What a cell says: that it works, that it does not, or why it cannot be. */
export type Verdict = 'works' | 'fails' | { readonly missing: string };

/** The page that shows all verdicts: a table for each client, and the reasons of what cannot be. */
export function erasPage(
  features: readonly Feature[],
  pairs: readonly Pair[],
  verdict: (feature: Feature, pair: Pair) => Verdict,
): string {
  const reasons: string[] = [];
  const shown = (feature: Feature, pair: Pair): string => {
    const found = verdict(feature, pair);
    if (found === 'works') return '✓';
    if (found === 'fails') return '✗';
    if (!reasons.includes(found.missing)) reasons.push(found.missing);
    return `– ${reasons.indexOf(found.missing) + 1}`;
  };
  const sections = versions.map((version) => {
    const columns = pairs.filter((pair) => pair.version === version);
    const rows = features.map((feature) => [feature.name, ...columns.map((pair) => shown(feature, pair))]);
    return section(version, [['', ...columns.map(({ server }) => server.title)], ...rows]);
  });
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`);
  return [INTRODUCTION, ...sections, `## Reasons\n\n${notes.join('\n')}\n`].join('\n');
}

function section(version: Version, rows: readonly (readonly string[])[]): string {
  const title = clientTitle(version);
  const [head = [], ...rest] = rows.map((row) => `| ${row.join(' | ')} |`.replace('|  |', '| |'));
  const rule = `|${'---|'.repeat(rows[0]?.length ?? 0)}`;
  return `## ${title.charAt(0).toUpperCase()}${title.slice(1)}\n\n${[head, rule, ...rest].join('\n')}\n`;
}

const INTRODUCTION = `# Features across eras

Which features of the protocol work between which clients and servers, through the gateway. *Legacy* are the revisions up to 2025-11-25, *modern*
is 2026-07-28. Clients and servers are real ones: those of the MCP SDKs, and the npm package server-everything.

\`test/end-to-end/features.test.ts\` tries every cell on \`/mcp\` and on \`/mcp/<namespace>/<service>\`, fails where this page says something else, and
rewrites it with \`UPDATE_GOLDEN=1\`. What the gateway does where eras meet is in [protocol.md](protocol.md).

✓ works on both paths, ✗ fails on one of them, – is not tried, for the reason with that number below the tables: most of these pairs could not use the
feature without a gateway either.
`;
