import { downstream, upstream, section } from './requirement.ts';
import {
  capabilities,
  taskIds,
  tasksLegacy,
  tasksLegacyWire,
  tasksList,
  tasksOfClients,
  tasksRequired,
} from './tests.ts';

const TASKS = '2025-11-25/basic/utilities/tasks';

/**
 * 2025-11-25, Tasks. The task itself is the server's, for a client's question the client's: the gateway passes it on, its
 * id sealed, and runs tasks of its own only where a modern client calls a tool that must be run as one.
 */
export const legacyTasks = [
  ...section(
    `${TASKS}: Capabilities`,
    downstream(
      'legacy-tasks-declared',
      'tasks is declared to a client exactly where a server behind the path has it: list, cancel and tools/call apart.',
      tasksLegacyWire('capabilities are declared where a server behind the path has them'),
      capabilities('what servers can do of tasks is joined, and none is declared where none has them'),
    ),
    upstream(
      'legacy-upstream-tasks-declared',
      'What a client declares of tasks for its own requests is declared to its servers, and nothing else.',
      tasksOfClients('what a client declares of tasks is what its servers learn'),
    ),
  ),
  ...section(
    `${TASKS}: Capability Negotiation`,
    upstream(
      'legacy-upstream-tasks-undeclared',
      'No request is sent as a task to a server that did not declare it for that request.',
      tasksLegacyWire('where tasks are not declared, what asks for one is ignored'),
    ),
    downstream(
      'legacy-tasks-undeclared',
      'No question is sent as a task to a client that did not declare it: it is sent as an ordinary one.',
      tasksOfClients('a client that runs no such tasks is asked without'),
      tasksOfClients('a server asks for the tasks that a client runs for it, and for no others'),
    ),
  ),
  ...section(
    `${TASKS}: Tool-Level Negotiation`,
    upstream(
      'legacy-upstream-task-support',
      'The gateway runs a tool as a task of its own only where the tool requires it.',
      tasksRequired('a task is made where the tool requires it and its server declares it, and nowhere else'),
    ),
    downstream(
      'legacy-task-support',
      'A client that ignores a tool’s taskSupport gets -32601.',
      tasksLegacy('a client that ignores what a tool says of tasks gets what the server says to that'),
      tasksLegacyWire('a tool’s -32601 about tasks is the server’s'),
    ),
  ),
  ...section(
    `${TASKS}: Getting Tasks`,
    upstream(
      'legacy-upstream-task-polling',
      'A task that the gateway runs is waited for by tasks/result, which blocks until it ends: it is not polled.',
      tasksRequired('a task is made where the tool requires it and its server declares it, and nowhere else'),
    ),
    downstream(
      'legacy-task-get',
      'tasks/get and its answer pass, with the ids translated; it is answered in JSON or as a stream like any request.',
      tasksLegacy('a call is made as a task, polled and fetched on ${path}'),
      tasksLegacy('the SDK’s own way with tasks works on ${path}'),
    ),
  ),
  ...section(
    `${TASKS}: Retrieving Task Results`,
    downstream(
      'legacy-task-result',
      'tasks/result passes, and a client that goes away from it has cancelled nothing.',
      tasksLegacyWire('a client that goes away from tasks/result has cancelled nothing'),
      tasksLegacyWire('a task outlives the deadline of a request for its result, which says so'),
    ),
  ),
  ...section(
    `${TASKS}: Task Status Notification`,
    upstream(
      'legacy-upstream-task-status',
      'The gateway does not wait for status notifications that may never come.',
      tasksRequired('the end of a task is told without any status notification, an error as it is'),
    ),
  ),
  ...section(
    `${TASKS}: Task Support and Handling`,
    downstream(
      'legacy-task-ignored',
      'Where tasks are not declared, params.task is ignored and the call is an ordinary one.',
      tasksLegacyWire('where tasks are not declared, what asks for one is ignored'),
    ),
  ),
  ...section(
    `${TASKS}: Task ID Requirements`,
    downstream(
      'legacy-task-id',
      'Task ids are strings that the gateway seals, unique over all servers.',
      tasksLegacyWire('two servers’ tasks of one id are two, each at its server'),
      taskIds('a task has one id for one owner, which leads back to it'),
    ),
  ),
  ...section(
    `${TASKS}: Task Status Lifecycle`,
    downstream(
      'legacy-task-status',
      'Status passes as the server gives it; a task of the gateway’s own begins as working and ends once.',
      tasksLegacyWire('the status of a task is told to the session that made it, in whichever status'),
      tasksLegacy('a call is made as a task, polled and fetched on ${path}'),
    ),
  ),
  ...section(
    `${TASKS}: Input Required Status`,
    downstream(
      'legacy-task-question',
      'A question of a task reaches the client with its related-task, on a stream that the client has open.',
      tasksLegacy('a task asks its client something on ${path}'),
      tasksLegacyWire('what a server says of a task on any stream names it as the client does, and so do the answers'),
    ),
    upstream(
      'legacy-upstream-task-input-required',
      'At input_required the gateway asks for tasks/result, on whose stream the question may come.',
      tasksRequired('a task’s question is input_required, and the retry ends the task'),
    ),
  ),
  ...section(
    `${TASKS}: TTL and Resource Management`,
    downstream(
      'legacy-task-times',
      'createdAt, lastUpdatedAt, ttl and pollInterval pass as the server gives them.',
      tasksLegacyWire('a task is the server’s but for its id, in all that is told of it'),
    ),
  ),
  ...section(
    `${TASKS}: Result Retrieval`,
    downstream(
      'legacy-task-create-result',
      'A call as a task is answered at once with the server’s CreateTaskResult, and its result with what the tool gave.',
      tasksLegacy('a call is made as a task, polled and fetched on ${path}'),
      tasksLegacy('a tool that fails has its task failed, with what it said'),
      tasksLegacyWire(
        'the answer to tasks/result is the tool’s, a result or an error, and names the task as the client does',
      ),
    ),
  ),
  ...section(
    `${TASKS}: Associating Task-Related Messages`,
    downstream(
      'legacy-task-related',
      'related-task in _meta carries the client’s id of the task wherever the server puts it.',
      tasksLegacyWire('what a server says of a task on any stream names it as the client does, and so do the answers'),
      tasksLegacyWire(
        'the answer to tasks/result is the tool’s, a result or an error, and names the task as the client does',
      ),
      tasksLegacyWire('a task is the server’s but for its id, in all that is told of it'),
    ),
    upstream(
      'legacy-upstream-task-related',
      'The client’s related-task in answers to a task’s questions carries the server’s id; of tasks/* only taskId counts.',
      tasksLegacyWire('what a server says of a task on any stream names it as the client does, and so do the answers'),
      tasksLegacyWire('a task is the server’s but for its id, in all that is told of it'),
    ),
  ),
  ...section(
    `${TASKS}: Task Notifications`,
    downstream(
      'legacy-task-notification',
      'A status notification reaches the session that made the task, with the client’s id, and no other.',
      tasksLegacy('clients have their own tasks, whichever id they ask for'),
      tasksLegacyWire('the status of a task is told to the session that made it, in whichever status'),
    ),
  ),
  ...section(
    `${TASKS}: Task Listing`,
    downstream(
      'legacy-task-list',
      'tasks/list has pages with opaque cursors, and every task of the requestor that tasks/get finds.',
      tasksLegacy('tasks are listed and cancelled on ${path}'),
      tasksLegacy('a union lists the tasks of all its servers'),
      tasksList('a list of many tasks has pages'),
      tasksLegacy('clients have their own tasks, whichever id they ask for'),
    ),
    upstream(
      'legacy-upstream-task-list',
      'A server’s cursors are given back as they came.',
      tasksLegacyWire('a server’s cursors are given back as they came, and others’ tasks are left out'),
    ),
  ),
  ...section(
    `${TASKS}: Task Cancellation`,
    downstream(
      'legacy-task-cancel',
      'tasks/cancel answers with the cancelled task, and with -32602 where it is over.',
      tasksLegacy('tasks are listed and cancelled on ${path}'),
    ),
  ),
  ...section(
    `${TASKS}: Related Task Metadata`,
    downstream(
      'legacy-task-result-related',
      'The answer to tasks/result names its task in _meta.',
      tasksLegacyWire(
        'the answer to tasks/result is the tool’s, a result or an error, and names the task as the client does',
      ),
      tasksLegacy('a call is made as a task, polled and fetched on ${path}'),
      tasksLegacyWire('a large result of a task is translated as well'),
    ),
  ),
  ...section(
    `${TASKS}: Protocol Errors`,
    downstream(
      'legacy-task-errors',
      'A task id that is unknown, forged or another’s is -32602, a bad cursor too.',
      tasksLegacyWire('ids and cursors that were not given out are refused'),
    ),
  ),
  ...section(
    `${TASKS}: Task Execution Errors`,
    downstream(
      'legacy-task-failure',
      'A failed task’s statusMessage passes, and tasks/result gives the very error or result.',
      tasksLegacy('a tool that fails has its task failed, with what it said'),
      tasksLegacyWire(
        'the answer to tasks/result is the tool’s, a result or an error, and names the task as the client does',
      ),
      tasksLegacyWire('the status of a task is told to the session that made it, in whichever status'),
    ),
  ),
  ...section(
    `${TASKS}: Task Isolation and Access Control`,
    downstream(
      'legacy-task-isolation',
      'A task belongs to the session that made it, and so to its principal: no other can see, list, cancel or guess it.',
      tasksLegacyWire('ids and cursors that were not given out are refused'),
      tasksLegacy('clients have their own tasks, whichever id they ask for'),
      taskIds('an id is nothing to another owner, nor is an altered one, nor a cursor'),
    ),
  ),
];
