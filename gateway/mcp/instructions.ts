import { StringDecoder } from 'node:string_decoder';
import type { Route, RoutedServer } from '../routing/route.ts';
import { showsAny } from '../routing/visible.ts';
import type { Era } from '../upstream/catalogue.ts';

/** The most bytes of the instructions of the union: models read them with every conversation. */
const MOST_BYTES = 32 * 1024;
/** So many bytes at least of each server's text, or none of it: less says nothing. */
const LEAST_BYTES = 256;
/** The most bytes that a server's heading and the note behind its text may take. */
const FRAME_BYTES = 384;

/**
 * What models are told of how to use a route's servers; undefined: nothing. On a server's own path its own words, on that
 * of all each server's under its name and prefix, in the order of the lists. Where they are too many, long ones are cut. A
 * server of which clients see nothing says nothing.
 */
export function instructionsOf(route: Route, era: Era): string | undefined {
  if (route.single !== undefined) return ownInstructions(route, route.single, era);
  const all = route.servers.flatMap((server) => {
    const text = ownInstructions(route, server, era)?.trim() ?? '';
    return text === '' ? [] : [{ server, bytes: Buffer.from(text) }];
  });
  if (all.length === 0) return undefined;
  const told = all.slice(0, Math.floor(MOST_BYTES / (LEAST_BYTES + FRAME_BYTES)));
  const most = fairShare(
    told.map(({ bytes }) => bytes.length),
    MOST_BYTES - (told.length + 1) * FRAME_BYTES,
  );
  const sections = told.map(({ server, bytes }) => section(server, bytes, most));
  const untold = all.length - told.length;
  if (untold > 0) sections.push(`[${untold} more servers have instructions, which each tells on its own path.]`);
  return sections.join('\n\n');
}

function ownInstructions(route: Route, server: RoutedServer, era: Era): string | undefined {
  if (!showsAny(route, server)) return undefined;
  const { catalogue } = server.upstream;
  return (era === 'legacy' ? catalogue?.legacy?.instructions : undefined) ?? catalogue?.instructions;
}

function section({ entry }: RoutedServer, bytes: Buffer, most: number): string {
  const { namespace, name, prefix } = entry;
  const heading = `Server ${namespace}/${name} (its tools and prompts begin with ${prefix}_):`;
  if (bytes.length <= most) return `${heading}\n${bytes.toString()}`;
  // A character that is cut in two is left out.
  const text = new StringDecoder('utf8').write(bytes.subarray(0, most));
  return `${heading}\n${text}\n[Cut: ${most} of ${bytes.length} bytes. The path /mcp/${namespace}/${name} has all.]`;
}

/** The most that each may have so that all together have no more than `total`, and nothing is left unused. */
function fairShare(sizes: readonly number[], total: number): number {
  const ascending = [...sizes].sort((a, b) => a - b);
  let left = total;
  for (let i = 0; i < ascending.length; i++) {
    const share = Math.floor(left / (ascending.length - i));
    const size = ascending[i] as number;
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}
