import { AuthenticationCounts } from '../../gateway/access/authentication-counts.ts';
import { limitNames, type LimitName } from '../../gateway/limits/limit-error.ts';
import type { MetricsSources } from '../../gateway/metrics.ts';

/** That no limit has refused anything. */
export const noRefusals = Object.fromEntries(limitNames.map((name) => [name, 0])) as Readonly<
  Record<LimitName, number>
>;

/** What metrics are made of in a gateway that nothing happens in. */
export const idleSources: MetricsSources = {
  sessions: () => 0,
  activeRequests: () => 0,
  droppedAnswers: () => 0,
  changedServers: () => 0,
  refusals: () => noRefusals,
  droppedAuditLines: () => 0,
  authentication: new AuthenticationCounts(),
};
