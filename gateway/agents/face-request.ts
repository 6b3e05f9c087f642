import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { reasonOf, UpstreamError, type UpstreamErrorCode } from '../upstream/errors.ts';
import type { Subject } from '../upstream/subject.ts';
import type { Agent } from './agent.ts';
import { AgentError, type AgentErrorCode } from './agent-error.ts';
import type { AgentTool } from './agent-tools.ts';
import type { FaceReply } from './face-reply.ts';
import { errorResult } from './results.ts';

/** A request to an agent's MCP server in the gateway. */
export interface FaceRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params: JsonObject;
  /** Whose handles count: a principal, or the session of a client without one; '' where the gateway itself asks. */
  readonly owner: string;
  /** On whose behalf it is; absent: the gateway's own. */
  readonly subject: Subject | undefined;
  /** The client has given it up. */
  readonly signal: AbortSignal;
}

/** The tool that a call names. @throws AgentError ERR_AGENT_ARGUMENTS */
export async function toolNamed(agent: Agent, params: JsonObject): Promise<AgentTool> {
  const { name } = params;
  const tools = await agent.callable();
  const tool = tools.find((each) => each.name === name);
  if (tool !== undefined) return tool;
  const has = tools
    .map((each) => each.name)
    .join(', ')
    .slice(0, 512);
  throw new AgentError('ERR_AGENT_ARGUMENTS', `The agent has no tool ${JSON.stringify(name)}; it has: ${has}.`);
}

/** Tells the client of a call's progress, if it wants to hear of it: the agent's words, and a count of the gateway's own. */
export function progressTeller(params: JsonObject, reply: FaceReply): (says: string) => void {
  const { progressToken } = objectMember(params, '_meta');
  if (typeof progressToken !== 'string' && typeof progressToken !== 'number') return () => undefined;
  let progress = 0;
  return (message) => {
    progress++;
    const told = { progressToken, progress, message };
    if (!reply.isGone) reply.tell({ jsonrpc: '2.0', method: 'notifications/progress', params: told });
  };
}

/** What the one who called may do something about: the model reads it. */
const forCallers: ReadonlySet<AgentErrorCode> = new Set([
  'ERR_AGENT_ARGUMENTS',
  'ERR_AGENT_REFUSED',
  'ERR_AGENT_TASK_UNKNOWN',
]);
const INTERNAL_ERROR = -32603;

/** The result of a tool that says what is wrong; undefined for a fault that is none of the caller's. */
export function callerResult(agent: Agent, error: unknown): JsonObject | undefined {
  if (!(error instanceof AgentError) || !forCallers.has(error.code)) return undefined;
  return errorResult(error.code === 'ERR_AGENT_ARGUMENTS' ? error.message : faultOf(agent, error));
}

/** Whether an agent does not know the task that a request is about. */
export function isUnknownTask(error: unknown): error is AgentError {
  return error instanceof AgentError && error.code === 'ERR_AGENT_TASK_UNKNOWN';
}

/** Answers a client with an error that names the agent. The gateway itself, which knows whom it has asked, gets the bare reason. */
export function refuse(agent: Agent, { owner }: FaceRequest, reply: FaceReply, error: unknown): void {
  if (reply.isGone) return;
  if (owner !== '') return reply.error(INTERNAL_ERROR, faultOf(agent, error));
  const code = error instanceof AgentError ? upstreamCodes[error.code] : undefined;
  reply.fail(new UpstreamError(code ?? 'ERR_UPSTREAM_BROKEN', reasonOf(error), { cause: error }));
}

/** What of a fault of an agent is one of any server. */
const upstreamCodes: Partial<Record<AgentErrorCode, UpstreamErrorCode>> = {
  ERR_AGENT_UNREACHABLE: 'ERR_UPSTREAM_UNREACHABLE',
  ERR_AGENT_CARD: 'ERR_UPSTREAM_MALFORMED',
  ERR_AGENT_NO_CARD: 'ERR_UPSTREAM_MALFORMED',
};

function faultOf(agent: Agent, error: unknown): string {
  return `The agent ${agent.key} cannot do this. ${reasonOf(error)}`;
}

/** Reads the params of a message. */
export function paramsOf(message: JsonObject): JsonObject {
  const { params } = message;
  return isJsonObject(params) ? params : {};
}
