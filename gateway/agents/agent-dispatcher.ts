import { Dispatcher } from 'undici';
import type { OutboundRequest } from '../upstream/credentialed.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { LocalResponse } from '../upstream/local-response.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { rawHeaders, SESSION_HEADER } from '../upstream/session-header.ts';
import type { Agent } from './agent.ts';
import { OWNER_HEADER } from './agent-target.ts';
import { FaceReply } from './face-reply.ts';
import { paramsOf, type FaceRequest } from './face-request.ts';
import { LegacyFace } from './legacy-face.ts';
import { ModernFace } from './modern-face.ts';

/**
 * An agent that speaks A2A, as if it were a server of MCP over Streamable HTTP, of both eras: whoever sends requests to this
 * dispatcher needs to know nothing of A2A.
 */
export class AgentDispatcher extends Dispatcher {
  readonly #modern: ModernFace;
  readonly #legacy: LegacyFace;

  constructor(agent: Agent) {
    super();
    this.#modern = new ModernFace(agent);
    this.#legacy = new LegacyFace(agent);
  }

  /** The agent's tools may have changed: clients that listen are told. */
  toolsChanged(): void {
    this.#modern.toolsChanged();
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const response = new LocalResponse(handler);
    // As over a connection: no answer within the call.
    if (response.begin()) queueMicrotask(() => this.#take(options, response));
    return true;
  }

  #take({ method, headers, body, subject }: OutboundRequest, response: LocalResponse): void {
    if (response.aborted) return;
    const sent = rawHeaders(headers);
    const session = sent.get(SESSION_HEADER);
    if (session !== undefined && !this.#legacy.has(session)) return response.answer(404);
    if (method === 'DELETE' && session !== undefined) {
      this.#legacy.end(session);
      return response.answer(200);
    }
    if (method !== 'POST') return response.answer(405);
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) return response.answer(400);
    // The gateway itself has made it.
    const whose = { owner: sent.get(OWNER_HEADER) ?? '', subject };
    this.#serve(JSON.parse(body.toString()) as JsonObject, session, whose, response);
  }

  #serve(
    message: JsonObject,
    session: string | undefined,
    whose: Pick<FaceRequest, 'owner' | 'subject'>,
    response: LocalResponse,
  ): void {
    const { id, method } = message;
    if (typeof method !== 'string') {
      if (session !== undefined) this.#legacy.answered(session, message);
      return response.answer(202);
    }
    if (id === undefined) return response.answer(202);
    const gone = new AbortController();
    const left = Promise.withResolvers<undefined>();
    response.onAbort = () => {
      gone.abort();
      left.resolve(undefined);
    };
    const request: FaceRequest = { id, method, params: paramsOf(message), ...whose, signal: gone.signal };
    const reply = new FaceReply(response, id, left.promise);
    if (isModern(request.params)) void this.#modern.serve(request, reply);
    else if (session !== undefined) void this.#legacy.serve(session, request, reply);
    else if (method === 'initialize') void this.#legacy.initialize(request, reply);
    else response.answer(400);
  }
}

/** Where an agent was that has left the registry: whoever still has a session there hears that it is over. */
export class GoneDispatcher extends Dispatcher {
  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const response = new LocalResponse(handler);
    if (response.begin()) queueMicrotask(() => response.answer(404));
    return true;
  }
}

/** The envelope decides (2026-07-28, Base Protocol). */
function isModern(params: JsonObject): boolean {
  return (
    objectMember({ meta: isJsonObject(params['_meta']) ? params['_meta'] : {} }, 'meta')[metaKeys.protocolVersion] !==
    undefined
  );
}
