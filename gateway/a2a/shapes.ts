/** Where ids stand in what A2A clients and agents say (A2A 1.0, Protocol Data Model; 0.3, Protocol Data Objects). */
import type { AgentVersion } from '../agents/agent-card.ts';
import type { Shape } from './places.ts';

const message: Shape = {
  members: { taskid: 'task', contextid: 'context', referencetaskids: { items: 'task' } },
};
const status: Shape = { members: { message } };
const task = {
  id: 'task',
  contextid: 'context',
  status,
  history: { items: message },
} as const satisfies Record<string, Shape>;
const update: Shape = { members: { taskid: 'task', contextid: 'context', status } };

/**
 * The params of any method of either version. One shape for all: what stands where some method has an id is an id, or an
 * agent that is generous in what it reads could be told another's.
 */
export const requestShape: Shape = {
  members: {
    tenant: 'tenant',
    id: 'task',
    taskid: 'task',
    contextid: 'context',
    pagetoken: 'page',
    message,
    // What the message is called in the protocol buffers of 0.3.
    request: message,
    configuration: {
      members: { taskpushnotificationconfig: 'push', pushnotificationconfig: 'push', pushnotification: 'push' },
    },
  },
};

/** The result of any method, and of an event in a stream. */
export const resultShapes: Readonly<Record<AgentVersion, Shape>> = {
  // A task by itself is what GetTask and CancelTask give.
  '1.0': {
    members: {
      ...task,
      task: { members: task },
      message,
      statusupdate: update,
      artifactupdate: update,
      tasks: { items: { members: task } },
      nextpagetoken: 'page',
    },
  },
  // A task, a message or an update, told apart by `kind` alone.
  '0.3': { members: { ...task, taskid: 'task', referencetaskids: { items: 'task' } } },
};
