import type { ServerDescription } from './catalogue.ts';
import { UpstreamError } from './errors.ts';
import type { CacheHint } from './freshness.ts';
import { isDeeperThan, isJsonObject, objectMember, type JsonObject } from './json.ts';
import type { Exchange } from './rpc-client.ts';
import type { StreamEnd } from './rpc-stream.ts';

/** What a server may announce a change of. `resources` is about its templates too: MCP has one notification for both. */
export type ChangedList = 'tools' | 'prompts' | 'resources';

/** What every control connection is made with. */
export interface ConnectionOptions {
  /** Who the gateway says it is. */
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** How long each request may take, in milliseconds. */
  readonly deadlineMs: number;
  /** The most bytes that one answer may have. */
  readonly maxBytes: number;
  /** What is declared to a legacy server. Default nothing: the gateway itself cannot sample or be asked. */
  readonly capabilities?: JsonObject;
}

export interface ListenOptions {
  readonly signal: AbortSignal;
  /** The server has taken the stream up: from now on it announces changes of these lists. */
  readonly onOpen: (lists: readonly ChangedList[]) => void;
  readonly onChanged: (list: ChangedList) => void;
}

/** How listening ended: the server offers none, or the stream was over. */
export type ListenEnd =
  | { readonly supported: false }
  | { readonly supported: true; readonly retryMs: number | undefined };

/**
 * The gateway's own connection to one server, by which it knows it: no client's call goes over it. One class an era, so
 * that an era can be deleted some day.
 */
export interface ControlConnection {
  /** The address that is dialled: `host:port`. */
  readonly target: string;
  readonly description: ServerDescription;
  /** How long the description may be kept, by the server's word. Renewed when the server was asked again. */
  hint: CacheHint;
  /** Sends a request and returns its result. @throws UpstreamError */
  request(method: string, params: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** Hears what the server announces until the stream ends. @throws UpstreamError */
  listen(options: ListenOptions): Promise<ListenEnd>;
  /** Tells the server that the connection is over, as far as its era does that; never throws. */
  close(): Promise<void>;
}

const changedLists: Readonly<Record<string, ChangedList>> = {
  'notifications/tools/list_changed': 'tools',
  'notifications/prompts/list_changed': 'prompts',
  'notifications/resources/list_changed': 'resources',
};

/** The list whose change a message announces. */
export function changedList(message: JsonObject): ChangedList | undefined {
  const { method } = message;
  return typeof method === 'string' && Object.hasOwn(changedLists, method) ? changedLists[method] : undefined;
}

/** The lists whose changes a server announces. */
export function announcedLists({ capabilities }: ServerDescription): readonly ChangedList[] {
  return Object.values(changedLists).filter((list) => objectMember(capabilities, list)['listChanged'] === true);
}

/**
 * The result in an answer.
 * @throws UpstreamError with the JSON-RPC error, or with what else the answer is
 */
export function resultOf({ status, message }: Pick<Exchange, 'status' | 'message'>, method: string): JsonObject {
  const error = message?.['error'];
  if (isJsonObject(error)) {
    const { code, message: text } = error;
    throw new UpstreamError(
      'ERR_UPSTREAM_RPC',
      `${method} is answered with the error ${String(code)}: ${String(text).slice(0, 256)}`,
      { status, ...(typeof code === 'number' && { rpcCode: code }) },
    );
  }
  if (status !== 200) {
    throw new UpstreamError('ERR_UPSTREAM_STATUS', `${method} is answered with HTTP status ${status}.`, { status });
  }
  const result = message?.['result'];
  if (!isJsonObject(result)) {
    throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `${method} is answered without a result.`, { status });
  }
  return result;
}

/** Deeper than anything that a server has to say of itself. */
const DESCRIPTION_DEPTH = 32;

/** Takes what both eras' servers say of themselves out of a result, in the shape that both share. @throws UpstreamError */
export function describedBy(
  result: JsonObject,
  serverInfo: unknown,
): Pick<ServerDescription, 'capabilities' | 'serverInfo' | 'instructions'> {
  const { capabilities, instructions } = result;
  if (!isJsonObject(capabilities)) {
    throw new UpstreamError('ERR_UPSTREAM_MALFORMED', 'The server declares no object "capabilities".');
  }
  if (isDeeperThan(DESCRIPTION_DEPTH, capabilities) || isDeeperThan(DESCRIPTION_DEPTH, serverInfo)) {
    throw new UpstreamError(
      'ERR_UPSTREAM_MALFORMED',
      `The server's description nests deeper than ${DESCRIPTION_DEPTH} levels.`,
    );
  }
  return {
    capabilities,
    ...(isJsonObject(serverInfo) && { serverInfo }),
    ...(typeof instructions === 'string' && { instructions }),
  };
}

/** Reads the end of a stream that both eras' servers may not offer, or offer to live sessions only. @throws UpstreamError */
export function listenEnd(end: StreamEnd, method: string): ListenEnd {
  if (end.opened) return { supported: true, retryMs: end.retryMs };
  // 405: no stream here (2025-11-25, Transports). A JSON-RPC error: no such method.
  if (end.status === 405 || end.status === 501 || isJsonObject(end.message?.['error'])) return { supported: false };
  throw new UpstreamError('ERR_UPSTREAM_STATUS', `${method} is answered with HTTP status ${end.status}.`, {
    status: end.status,
  });
}
