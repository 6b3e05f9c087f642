import { downstream, upstream, section } from './requirement.ts';
import { batches, httpSse, httpSseDispatcher, httpSseEndpoint, upstreamServerHttpSse } from './tests.ts';

/** What older legacy revisions ask for that 2025-11-25 no longer has: batches, and the transport before Streamable HTTP. */
export const olderRevisions = [
  ...section(
    '2025-03-26/basic/index: Batching',
    downstream(
      'legacy-batch',
      'A batch of a client at 2025-03-26 is taken; of any other version it is refused.',
      batches('requests to servers of both eras and to the gateway: one response each, on one stream'),
      batches('what is no message is answered by itself, the others are served'),
      batches('a batch is refused as a whole: empty, too large, with initialize, broken, at other versions'),
    ),
    upstream(
      'legacy-upstream-batch',
      'A server at 2025-03-26 may answer, notify and ask in batches, in JSON and in events.',
      batches('a server of 2025-03-26 may answer in arrays, as JSON and as events'),
      batches('a server asks in an array, and hears the answer'),
      batches('a modern client is given the answer out of an array'),
    ),
  ),
  ...section(
    '2025-03-26/basic/transports: Sending Messages to the Server',
    downstream(
      'legacy-batch-accepted',
      'A batch of notifications or responses alone is answered with 202.',
      batches('notifications and responses alone are taken with 202'),
    ),
    downstream(
      'legacy-batch-answered',
      'The stream of a batch ends when each of its requests has its response.',
      batches('one request is cancelled, by another message and within the batch; the others are answered'),
      batches('progress of each request comes with its own token, before its response'),
      batches('a client that lost its connection takes the stream of a batch up again'),
    ),
  ),
  ...section(
    '2024-11-05/basic/transports: HTTP with SSE',
    upstream(
      'legacy-upstream-http-sse',
      'A server of HTTP+SSE is found by probing; messages are posted to the endpoint that its first event names.',
      upstreamServerHttpSse('a server of HTTP+SSE is Available, and its catalogue says what it speaks'),
      httpSseEndpoint('a path, relative or not, is resolved against the stream’s own'),
      httpSseEndpoint('of a URI with a host path and query are used, whatever host it is'),
      httpSseDispatcher('an answer after progress stands on a stream of events'),
      httpSse('hears of progress on ${path}'),
    ),
    upstream(
      'legacy-upstream-http-sse-stream',
      'A stream that breaks fails what runs on it, and is opened anew.',
      httpSseDispatcher(
        'a stream that dies fails what runs and whoever listens at once, and is the end of the session',
      ),
      upstreamServerHttpSse('a server that is restarted is connected to again at once'),
    ),
  ),
];
