import type { AgentVersion } from '../agents/agent-card.ts';
import { edited, type Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import { a2aError } from './errors.ts';
import type { Operation } from './methods.ts';
import { placesIn } from './places.ts';
import type { OwnId, SealedIds, SealedKind } from './sealed-ids.ts';
import { requestShape } from './shapes.ts';

/** A sealed id that a request had, and what it stands for. */
export interface OpenedId extends OwnId {
  readonly kind: SealedKind;
  readonly sealed: string;
}

/** A client's request as the agent is to get it. */
export interface OpenedRequest {
  readonly body: Buffer;
  readonly ids: readonly OpenedId[];
  /** The address that knows the task or context that it is about; undefined: it is about none yet. */
  readonly home: string | undefined;
}

/** What a request is made out of. */
export interface RequestPlan {
  readonly operation: Operation;
  readonly version: AgentVersion;
  /** What the agent's card says that has to be in every request; '' if there is none. */
  readonly tenant: string;
  readonly ids: SealedIds;
}

const NO_PARAMS = Buffer.from('{}');

/**
 * Opens the ids in a request, in place, and sets the tenant. All that is neither is passed on as it came, in an envelope of
 * the gateway's own: the agent must not read another method or id in it than the gateway did.
 * @throws McpError for an id that this owner was not given, for push notifications, for a list without a context
 */
export function openedRequest(message: Message, plan: RequestPlan): OpenedRequest {
  const { params } = message;
  const bytes = params === undefined ? NO_PARAMS : message.bytes.subarray(params.start, params.end);
  const ids: OpenedId[] = [];
  const edits: Edit[] = [];
  let hasTenant = false;
  for (const { kind, start, end } of placesIn(bytes, 0, requestShape)) {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    if (kind === 'tenant') {
      hasTenant = true;
      edits.push({ start, end, text: JSON.stringify(plan.tenant) });
    } else if (kind === 'push') {
      if (value !== null) throw noPush(plan.version);
    } else {
      const opened = open(kind, value, plan);
      if (opened === undefined) continue;
      ids.push(opened);
      edits.push({ start, end, text: JSON.stringify(opened.id) });
    }
  }
  if (plan.tenant !== '' && !hasTenant) edits.unshift(tenantEdit(bytes, plan.tenant));
  if (plan.operation === 'list' && !ids.some(({ kind }) => kind === 'context')) throw noContext();
  const home = (ids.find(({ kind }) => kind === 'task') ?? ids.find(({ kind }) => kind === 'context'))?.home;
  return { body: envelope(message, edited(bytes, edits)), ids, home };
}

/** Empty and null are none: so protocol buffers write what is not there. */
function open(kind: SealedKind, value: unknown, { ids, version }: RequestPlan): OpenedId | undefined {
  if (value === null || value === '') return undefined;
  if (typeof value !== 'string') {
    const found = Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    throw new McpError('invalid_params', `The ${names[kind]} is ${found}; expected a string.`);
  }
  const own = ids.open(kind, value);
  if (own !== undefined) return { kind, sealed: value, ...own };
  if (kind === 'page') {
    const says = 'The page token is none that a list of this agent gave to you.';
    throw new McpError('invalid_params', says, { denied: 'task' });
  }
  const hint = kind === 'context' ? ' Without a context id a message begins a context of its own.' : '';
  throw a2aError(
    'TASK_NOT_FOUND',
    `The ${names[kind]} ${JSON.stringify(value.slice(0, 64))} is none that this agent gave to you through the gateway.${hint}`,
    version,
  );
}

const names: Readonly<Record<SealedKind, string>> = { task: 'task id', context: 'context id', page: 'page token' };

/** Push notifications would go from the agent to the client past the gateway. */
export function noPush(version: AgentVersion): McpError {
  const message = 'There are no push notifications through the gateway; stream, subscribe to the task, or ask for it.';
  return a2aError('PUSH_NOTIFICATION_NOT_SUPPORTED', message, version);
}

function noContext(): McpError {
  return new McpError(
    'invalid_params',
    'Tasks are listed by context here: whose the others are is not known to the gateway. Name a contextId that this agent gave to you.',
  );
}

function tenantEdit(bytes: Buffer, tenant: string): Edit {
  const isEmpty = /^\{\s*\}$/.test(bytes.toString('latin1', 0, Math.min(bytes.length, 64)));
  return { start: 1, end: 1, text: `"tenant":${JSON.stringify(tenant)}${isEmpty ? '' : ','}` };
}

function envelope({ id, method }: Message, params: Buffer): Buffer {
  const head = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":`;
  return Buffer.concat([Buffer.from(head), params, Buffer.from('}')]);
}
