import type { AgentVersion } from '../agents/agent-card.ts';

/** What a client asks for, whatever its version calls that. */
export type Operation = 'send' | 'stream' | 'get' | 'list' | 'cancel' | 'subscribe' | 'push' | 'extended-card';

/** A2A 1.0, Method Mapping Reference. */
const current: Readonly<Record<string, Operation>> = {
  SendMessage: 'send',
  SendStreamingMessage: 'stream',
  GetTask: 'get',
  ListTasks: 'list',
  CancelTask: 'cancel',
  SubscribeToTask: 'subscribe',
  CreateTaskPushNotificationConfig: 'push',
  GetTaskPushNotificationConfig: 'push',
  ListTaskPushNotificationConfigs: 'push',
  DeleteTaskPushNotificationConfig: 'push',
  GetExtendedAgentCard: 'extended-card',
};

/** A2A 0.3, Method Mapping Reference: over JSON-RPC it lists no tasks. */
const older: Readonly<Record<string, Operation>> = {
  'message/send': 'send',
  'message/stream': 'stream',
  'tasks/get': 'get',
  'tasks/cancel': 'cancel',
  'tasks/resubscribe': 'subscribe',
  'tasks/pushNotificationConfig/set': 'push',
  'tasks/pushNotificationConfig/get': 'push',
  'tasks/pushNotificationConfig/list': 'push',
  'tasks/pushNotificationConfig/delete': 'push',
  'agent/getAuthenticatedExtendedCard': 'extended-card',
};

const operations: Readonly<Record<AgentVersion, ReadonlyMap<string, Operation>>> = {
  '1.0': new Map(Object.entries(current)),
  '0.3': new Map(Object.entries(older)),
};

/** What a method of a version is; undefined: the version has no such method. */
export function operationOf(version: AgentVersion, method: string): Operation | undefined {
  return operations[version].get(method);
}

/** All methods, for the metrics' label. */
export const a2aMethods: readonly string[] = [...Object.keys(current), ...Object.keys(older)];
