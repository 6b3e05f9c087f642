import { formatRegistry, type FormattedRegistry, type ShardBound } from '../../gateway/contract/format-registry.ts';
import type { RegistryContent } from '../../gateway/contract/format-registry.ts';
import {
  byAge,
  byNamespaceAndName,
  MAX_SHARDS,
  type RejectedService,
  type ServiceEntry,
} from '../../gateway/contract/registry-document.ts';

/** Rejections that a full registry still lists; so many never fill it, whatever they say. */
const LISTED_WHEN_FULL = 2_000;

/**
 * Formats the registry, leaving out the youngest Services if not all fit: those are rejected, with the reason. What the
 * API server would refuse is never made.
 */
export function fitRegistry(content: RegistryContent, bound: ShardBound): FormattedRegistry {
  const whole = formatRegistry(content, bound);
  if (whole !== undefined) return whole;
  const byAgeOfService = content.services.toSorted(byAge);
  let fitting = formatOldest(content, byAgeOfService, 0, bound);
  // The greatest number of Services that fits, by bisection. All may fit yet: fewer rejections are listed now.
  let enough = 0;
  let tooMany = byAgeOfService.length + 1;
  while (tooMany - enough > 1) {
    const middle = Math.floor((enough + tooMany) / 2);
    const formatted = formatOldest(content, byAgeOfService, middle, bound);
    if (formatted === undefined) tooMany = middle;
    else [enough, fitting] = [middle, formatted];
  }
  if (fitting === undefined) throw new Error('A registry without services does not fit into its shards.');
  return fitting;
}

function formatOldest(
  content: RegistryContent,
  services: readonly ServiceEntry[],
  count: number,
  bound: ShardBound,
): FormattedRegistry | undefined {
  const rejected = [...content.rejected.toSorted(byNamespaceAndName), ...services.slice(count).map(leftOut)];
  return formatRegistry(
    {
      ...content,
      services: services.slice(0, count),
      rejected: rejected.slice(0, LISTED_WHEN_FULL),
      unlistedCount: Math.max(0, rejected.length - LISTED_WHEN_FULL),
    },
    bound,
  );
}

function leftOut({ namespace, name, type }: ServiceEntry): RejectedService {
  return {
    namespace,
    name,
    type,
    reason: 'RegistryFull',
    message: `The Gateway's registry is full (${MAX_SHARDS} ConfigMaps) and older Services come first: let another Gateway select this one, or shorten descriptions.`,
  };
}
