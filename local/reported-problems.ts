import type { GatewayReport } from '../gateway/contract/report.ts';

/** What the gateway says is wrong with it as a whole, sentences; in a cluster they are in the Gateway's conditions. */
export function reportedProblems({ access, cas, credentials, registry, rules }: GatewayReport): string[] {
  const { unmatched = [] } = rules ?? {};
  const ofRules =
    unmatched.length === 0
      ? undefined
      : `These rules match nothing that is served: ${unmatched.join(', ')}. They name Services as <namespace>/<name>, and tools, prompts and resources as the server does, without prefix.`;
  return [access?.error, credentials?.error, cas?.error, registry.error, ofRules].filter((text) => text !== undefined);
}
