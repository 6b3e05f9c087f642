import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
} from '@modelcontextprotocol/client';

/** The first modern revision; revisions are dates, so that their order as text is their order in time. */
export const FIRST_MODERN_VERSION = '2026-07-28';

/** The modern revisions that the gateway speaks, newest first. */
export const modernVersions: readonly string[] = [FIRST_MODERN_VERSION];

/** The legacy revisions that the gateway speaks, newest first. */
export const legacyVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** The legacy revision that is offered in `initialize`. */
export const LATEST_LEGACY_VERSION = '2025-11-25';

export function isModernVersion(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= FIRST_MODERN_VERSION;
}

/** The keys of `_meta` that 2026-07-28 reserves. */
export const metaKeys = {
  protocolVersion: PROTOCOL_VERSION_META_KEY,
  clientInfo: CLIENT_INFO_META_KEY,
  clientCapabilities: CLIENT_CAPABILITIES_META_KEY,
  logLevel: LOG_LEVEL_META_KEY,
  serverInfo: SERVER_INFO_META_KEY,
  subscriptionId: SUBSCRIPTION_ID_META_KEY,
} as const;
