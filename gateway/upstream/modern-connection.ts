import type { ServerDescription } from './catalogue.ts';
import {
  announcedLists,
  changedList,
  describedBy,
  listenEnd,
  resultOf,
  type ChangedList,
  type ConnectionOptions,
  type ControlConnection,
  type ListenEnd,
  type ListenOptions,
} from './control-connection.ts';
import { cacheHint, type CacheHint } from './freshness.ts';
import { ownRequest } from './envelope.ts';
import { UpstreamError } from './errors.ts';
import { objectMember, type JsonObject } from './json.ts';
import { metaKeys } from './protocol-versions.ts';
import { exchange, type Endpoint, type Exchange } from './rpc-client.ts';
import { openSubscription, SUBSCRIBE } from './subscription-stream.ts';

const DISCOVER = 'server/discover';

/** Asks a server of any era for `server/discover` in `version`; see eraOf for what the answer means. @throws UpstreamError */
export function discover(
  endpoint: Endpoint,
  version: string,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Exchange> {
  const { headers, message } = ownRequest(version, DISCOVER, {}, options.clientInfo);
  return exchange(endpoint, message, { ...options, headers, signal });
}

/**
 * The connection to a server that speaks `version`; nothing is kept open for it.
 * @param discovery its DiscoverResult; undefined where it refused to give one: all its lists are then asked for
 * @throws UpstreamError if the DiscoverResult is not one
 */
export function modernConnection(
  endpoint: Endpoint,
  version: string,
  discovery: JsonObject | undefined,
  options: ConnectionOptions,
): ControlConnection {
  const result =
    discovery === undefined
      ? { capabilities: { tools: {}, prompts: {}, resources: {} } }
      : completeOf(discovery, DISCOVER);
  const supported = result['supportedVersions'];
  const description: ServerDescription = {
    era: 'modern',
    protocolVersion: version,
    ...describedBy(result, objectMember(result, '_meta')[metaKeys.serverInfo]),
    ...(Array.isArray(supported) && { supportedVersions: supported.filter((each) => typeof each === 'string') }),
  };
  return new ModernConnection(endpoint, options, description, cacheHint(result, performance.now()));
}

/**
 * The result, if it is one: nothing that the gateway asks for itself may need input, and a type that is not known is none
 * (2026-07-28, Base Protocol, ResultType).
 * @throws UpstreamError
 */
function completeOf(result: JsonObject, method: string): JsonObject {
  const { resultType: type = 'complete' } = result;
  if (type === 'complete') return result;
  const found = JSON.stringify(type).slice(0, 64);
  throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `${method} is answered with a result of the type ${found}.`);
}

/** The member of the filter of `subscriptions/listen` for each list. */
const filterMembers = {
  tools: 'toolsListChanged',
  prompts: 'promptsListChanged',
  resources: 'resourcesListChanged',
} as const satisfies Record<ChangedList, string>;

class ModernConnection implements ControlConnection {
  readonly description: ServerDescription;
  hint: CacheHint;
  readonly #endpoint: Endpoint;
  readonly #options: ConnectionOptions;

  constructor(endpoint: Endpoint, options: ConnectionOptions, description: ServerDescription, hint: CacheHint) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.description = description;
    this.hint = hint;
  }

  get target(): string {
    return this.#endpoint.target;
  }

  async request(method: string, params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const { headers, message } = ownRequest(this.description.protocolVersion, method, params, this.#options.clientInfo);
    const answer = await exchange(this.#endpoint, message, { ...this.#options, headers, signal });
    return completeOf(resultOf(answer, method), method);
  }

  async listen(options: ListenOptions): Promise<ListenEnd> {
    const wanted = announcedLists(this.description);
    const unheard = new AbortController();
    const listening = openSubscription(this.#endpoint, {
      version: this.description.protocolVersion,
      clientInfo: this.#options.clientInfo,
      filter: Object.fromEntries(wanted.map((list) => [filterMembers[list], true])),
      signal: AbortSignal.any([options.signal, unheard.signal]),
      deadlineMs: this.#options.deadlineMs,
      maxEventBytes: this.#options.maxBytes,
      onAcknowledged(honoured) {
        const heard = wanted.filter((list) => honoured[filterMembers[list]] === true);
        if (heard.length === 0) unheard.abort();
        else options.onOpen(heard);
      },
      onMessage(message) {
        const changed = changedList(message);
        if (changed !== undefined) options.onChanged(changed);
      },
    });
    try {
      return listenEnd(await listening, SUBSCRIBE);
    } catch (error) {
      // A stream on which nothing will be said is as good as none.
      if (unheard.signal.aborted && !options.signal.aborted) return { supported: false };
      throw error;
    }
  }

  async close(): Promise<void> {
    // Stateless: closing the listen stream is all there is.
  }
}
