import { metaKeys } from '../upstream/protocol-versions.ts';
import { readVersion } from '../version.ts';

/** What the gateway says of itself to clients of both eras. */
export const serverInfo = { name: 'fetchfy', title: 'Fetchfy gateway', version: readVersion() };

/** The member of `_meta` by which a result of the modern era says whose it is (2026-07-28, Base Protocol), as JSON text. */
export const serverInfoMember = `"${metaKeys.serverInfo}":${JSON.stringify(serverInfo)}`;
