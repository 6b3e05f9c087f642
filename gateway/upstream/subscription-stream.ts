import type { ConnectionOptions } from './control-connection.ts';
import { ownRequest } from './envelope.ts';
import { objectMember, type JsonObject } from './json.ts';
import type { Endpoint } from './rpc-client.ts';
import { openStream, type StreamEnd, type StreamOptions } from './rpc-stream.ts';

export const SUBSCRIBE = 'subscriptions/listen';
const HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' } as const;

export interface SubscriptionOptions extends Pick<
  StreamOptions,
  'signal' | 'deadlineMs' | 'maxEventBytes' | 'onMessage'
> {
  readonly version: string;
  readonly clientInfo: ConnectionOptions['clientInfo'];
  /** What is declared; nothing if absent. */
  readonly capabilities?: JsonObject;
  /** More headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is to be heard of: the `notifications` of the request. */
  readonly filter: JsonObject;
  /** The stream counts from here on, not from its first byte. @param honoured what of the filter the server honours */
  readonly onAcknowledged: (honoured: JsonObject) => void;
}

/**
 * Opens a `subscriptions/listen` stream of a modern server, which is read until it ends (2026-07-28, Subscriptions).
 * @throws UpstreamError when it breaks, or is ended by `signal`
 */
export function openSubscription(endpoint: Endpoint, options: SubscriptionOptions): Promise<StreamEnd> {
  const { version, clientInfo, capabilities, headers: more, filter, onAcknowledged, onMessage, ...stream } = options;
  const { headers, message } = ownRequest(version, SUBSCRIBE, { notifications: filter }, clientInfo, capabilities);
  return openStream(endpoint, {
    ...stream,
    method: 'POST',
    headers: { ...HEADERS, ...headers, ...more },
    body: JSON.stringify(message),
    onOpen: () => undefined,
    onMessage(said) {
      if (said['method'] === 'notifications/subscriptions/acknowledged') {
        onAcknowledged(objectMember(objectMember(said, 'params'), 'notifications'));
      } else onMessage(said);
    },
  });
}
