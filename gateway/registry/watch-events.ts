import type { ConfigMap } from './kube-api.ts';

/** One line of a watch, as the Kubernetes API reference describes it (WatchEvent). */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ConfigMap }
  /** Only `metadata.resourceVersion` is meant: up to there nothing was missed. */
  | { readonly type: 'BOOKMARK'; readonly object: ConfigMap }
  /** A Status; with code 410 the version that the watch began from is too old. */
  | { readonly type: 'ERROR'; readonly object: { readonly code?: number; readonly message?: string } };

/** More than the largest object that etcd holds, with its escapes. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Reads a watch: one JSON object a line, cut anywhere into chunks.
 * @throws if a line is not JSON or longer than any object can be
 */
export async function* readWatchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, begin)) {
      const line = Buffer.concat([...rest, chunk.subarray(begin, end)]).toString('utf8');
      rest = [];
      restBytes = 0;
      begin = end + 1;
      if (line.trim() !== '') yield JSON.parse(line) as WatchEvent;
    }
    rest.push(chunk.subarray(begin));
    restBytes += chunk.length - begin;
    if (restBytes > MAX_LINE_BYTES) throw new Error(`A line of the watch is longer than ${MAX_LINE_BYTES} bytes.`);
  }
}

const LINE_FEED = 0x0a;
