import {
  CancelTaskResultV2Schema,
  CreateTaskResultV2Schema,
  GetTaskResultV2Schema,
  UpdateTaskResultV2Schema,
} from '@modelcontextprotocol/ext-tasks/core/v2';
import { answerOf, modern, type HttpAnswer } from './mcp-http.ts';
import { TASKS } from './servers/tasks-modern.ts';

/** A modern client with the tasks extension, by hand: no SDK runs it. What it gets is checked by the extension's schemas. */

export type Capabilities = Readonly<Record<string, unknown>>;

/** What it declares. */
export const withTasks: Capabilities = { extensions: { [TASKS]: {} } };

let lastId = 0;

/** Sends a request with these capabilities. @param headers to change what mirrors the body */
export function sendAs(
  url: string,
  capabilities: Capabilities,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const { taskId } = params;
  const name: Record<string, string> = typeof taskId === 'string' ? { 'mcp-name': taskId } : {};
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  return modern(url, method, params, { id: ++lastId, meta, headers: { ...name, ...headers } });
}

async function resultOf(sent: Promise<HttpAnswer>): Promise<Record<string, unknown>> {
  const answer = await sent;
  const { result } = answerOf(answer);
  if (result === undefined) throw new Error(`No result: HTTP ${answer.status} ${answer.text}`);
  return result;
}

/** Calls a tool that makes a task, and gives the CreateTaskResult. */
export async function createTask(
  url: string,
  name: string,
  capabilities = withTasks,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  const result = await resultOf(sendAs(url, capabilities, 'tools/call', { name, arguments: {}, ...more }));
  return CreateTaskResultV2Schema.parse(result) && result;
}

export async function getTask(
  url: string,
  taskId: unknown,
  capabilities = withTasks,
): Promise<Record<string, unknown>> {
  const result = await resultOf(sendAs(url, capabilities, 'tasks/get', { taskId }));
  return GetTaskResultV2Schema.parse(result) && result;
}

export async function updateTask(
  url: string,
  taskId: unknown,
  inputResponses: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const result = await resultOf(sendAs(url, withTasks, 'tasks/update', { taskId, inputResponses }));
  return UpdateTaskResultV2Schema.parse(result) && result;
}

export async function cancelTask(url: string, taskId: unknown): Promise<Record<string, unknown>> {
  const result = await resultOf(sendAs(url, withTasks, 'tasks/cancel', { taskId }));
  return CancelTaskResultV2Schema.parse(result) && result;
}

/** The JSON-RPC error of a request that must fail, with the HTTP status. */
export async function refusalOf(
  sent: Promise<HttpAnswer>,
): Promise<{ readonly status: number; readonly code: number; readonly message: string; readonly data?: unknown }> {
  const answer = await sent;
  const { error } = answerOf(answer);
  if (error === undefined) throw new Error(`No error: HTTP ${answer.status} ${answer.text}`);
  return { status: answer.status, ...error };
}
