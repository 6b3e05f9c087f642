import type { ServerResponse } from 'node:http';
import {
  CancelTaskRequestV2Schema,
  GetTaskRequestV2Schema,
  UpdateTaskRequestV2Schema,
} from '@modelcontextprotocol/ext-tasks/core/v2';
import { decodeHeaderValue } from '../../../gateway/mcp/header-value.ts';
import {
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../scripted-upstream.ts';

const META = 'io.modelcontextprotocol/';
export const TASKS = `${META}tasks`;
const LISTEN = 'subscriptions/listen';

type Task = Readonly<Record<string, unknown>>;

/** A raw server of the modern era with the tasks extension, whose tasks a test moves on. */
export interface ModernTaskServer {
  readonly upstream: ScriptedUpstream;
  /** The server's own ids, in the order of their making. */
  readonly ids: readonly string[];
  /** The task as the server tells of it. */
  task(id: string): Task;
  /** Changes a task, and tells who listens for it. */
  change(id: string, changes: Task): void;
  /** Says anything on all streams that listen. */
  announce(message: Task): void;
  /** Ends all streams. */
  endStreams(): void;
  /** Streams that listen now. */
  readonly streams: number;
}

const schemas = {
  'tasks/get': GetTaskRequestV2Schema,
  'tasks/update': UpdateTaskRequestV2Schema,
  'tasks/cancel': CancelTaskRequestV2Schema,
} as const;

/**
 * Starts it. Its tool `work` makes a task, or is refused where the request does not declare the extension; `rounds` asks
 * first, `plain` makes none, `forced` makes one whatever was declared.
 * @param prefix what its task ids begin with
 */
export async function modernTaskServer(
  t: { teardown(end: () => Promise<void>): void },
  prefix: string,
  port = 0,
): Promise<ModernTaskServer> {
  const ids: string[] = [];
  const tasks = new Map<string, Task>();
  const streams = new Map<ServerResponse, { readonly id: unknown; readonly taskIds: readonly string[] }>();

  function create({ response, message }: Arrival): void {
    const id = `${prefix}${ids.length + 1}`;
    const now = '2026-08-01T10:00:00Z';
    const made = { taskId: id, status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: 60_000 };
    ids.push(id);
    // A vendor's own member, in the task as in all that is told of it.
    tasks.set(id, { ...made, pollIntervalMs: 50, 'example.com/rank': 1.5 });
    json(response, result(message, { resultType: 'task', ...tasks.get(id) }));
  }

  function refuse({ response, message }: Arrival, status: number, error: object): void {
    json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }), status);
  }

  function about(arrival: Arrival, answer: (id: string, task: Task) => object): void {
    const { request, response, message } = arrival;
    const method = message.method as keyof typeof schemas;
    const { error } = schemas[method].safeParse(message);
    if (error !== undefined) return refuse(arrival, 400, { code: -32600, message: error.message });
    const id = String(message.params?.['taskId']);
    if (decodeHeaderValue(String(request.headers['mcp-name'])) !== id) {
      return refuse(arrival, 400, { code: -32020, message: `Mcp-Name is ${String(request.headers['mcp-name'])}` });
    }
    const task = tasks.get(id);
    if (task === undefined) return refuse(arrival, 200, { code: -32602, message: `Task ${id} not found` });
    json(response, result(message, { resultType: 'complete', ...answer(id, task) }));
  }

  function listen({ response, message }: Arrival): void {
    const wanted = (message.params?.['notifications'] as { taskIds?: string[] } | undefined)?.taskIds ?? [];
    const taskIds = wanted.filter((id) => tasks.has(id));
    events(response);
    streams.set(response, { id: message.id, taskIds });
    response.on('close', () => streams.delete(response));
    say(response, { method: 'notifications/subscriptions/acknowledged', params: { notifications: { taskIds } } });
  }

  function say(response: ServerResponse, message: Task): void {
    const params = {
      ...(message['params'] as object),
      _meta: { [`${META}subscriptionId`]: streams.get(response)?.id },
    };
    response.write(event({ jsonrpc: '2.0', ...message, params }));
  }

  const upstream = await scriptedUpstream(t, {
    era: 'modern',
    port,
    capabilities: { tools: {}, prompts: {}, extensions: { [TASKS]: {} } },
    tools: {
      work: (arrival) => {
        if (declares(arrival.message)) return create(arrival);
        const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
        refuse(arrival, 400, { code: -32021, message: 'Missing required client capability', data });
      },
      rounds: (arrival) => {
        if (arrival.message.params?.['inputResponses'] !== undefined) return create(arrival);
        const inputRequests = {
          who: { method: 'elicitation/create', params: { message: 'who?', requestedSchema: {} } },
        };
        const asked = { resultType: 'input_required', inputRequests, requestState: 's' };
        json(arrival.response, result(arrival.message, asked));
      },
      plain: ({ response, message }) => json(response, textResult(message, 'plain')),
      forced: create,
    },
    methods: {
      'prompts/list': ({ response, message }) =>
        json(
          response,
          result(message, { prompts: [{ name: 'odd' }], resultType: 'complete', ttlMs: 0, cacheScope: 'public' }),
        ),
      'prompts/get': create,
      'tasks/get': (arrival) => about(arrival, (_id, task) => task),
      'tasks/update': (arrival) => about(arrival, () => ({})),
      'tasks/cancel': (arrival) =>
        about(arrival, (id) => {
          tasks.set(id, { ...tasks.get(id), status: 'cancelled' });
          return {};
        }),
      [LISTEN]: listen,
    },
  });
  return {
    upstream,
    ids,
    task: (id) => tasks.get(id) ?? {},
    change(id, changes) {
      tasks.set(id, { ...tasks.get(id), ...changes });
      for (const [response, { taskIds }] of streams) {
        if (taskIds.includes(id)) say(response, { method: 'notifications/tasks', params: tasks.get(id) });
      }
    },
    announce(message) {
      for (const response of streams.keys()) say(response, message);
    },
    endStreams() {
      for (const response of streams.keys()) response.end();
    },
    get streams() {
      return streams.size;
    },
  };
}

function declares(message: UpstreamMessage): boolean {
  const meta = message.params?.['_meta'] as Record<string, { extensions?: Record<string, unknown> }> | undefined;
  return meta?.[`${META}clientCapabilities`]?.extensions?.[TASKS] !== undefined;
}
