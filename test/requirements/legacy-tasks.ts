import { downstream, missing, upstream, section } from './requirement.ts';

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
      missing('initialize on the union and on own paths of servers with all, some and no task capabilities.'),
    ),
    upstream(
      'legacy-upstream-tasks-declared',
      'What a client declares of tasks for its own requests is declared to its servers, and nothing else.',
      missing('initialize as it arrives for clients with tasks.requests of sampling, of elicitation, and without.'),
    ),
  ),
  ...section(
    `${TASKS}: Capability Negotiation`,
    upstream(
      'legacy-upstream-tasks-undeclared',
      'No request is sent as a task to a server that did not declare it for that request.',
      missing('A client’s params.task for a server without the capability does not arrive there.'),
    ),
    downstream(
      'legacy-tasks-undeclared',
      'No question is sent as a task to a client that did not declare it.',
      missing('A server’s sampling as a task, to a client without the capability, is refused by the gateway.'),
    ),
  ),
  ...section(
    `${TASKS}: Tool-Level Negotiation`,
    upstream(
      'legacy-upstream-task-support',
      'The gateway runs a tool as a task of its own only where the tool requires it.',
      missing('Modern calls of tools with taskSupport required, optional, forbidden and none, as they arrive.'),
    ),
    downstream(
      'legacy-task-support',
      'A client that ignores a tool’s taskSupport gets -32601.',
      missing('A required tool called without a task, a forbidden one with: the server’s -32601 reaches the client.'),
    ),
  ),
  ...section(
    `${TASKS}: Getting Tasks`,
    upstream(
      'legacy-upstream-task-polling',
      'A task that the gateway runs is polled in the server’s pollInterval until it ends.',
      missing('Times of tasks/get for a modern client’s call, and an input_required between.'),
    ),
    downstream(
      'legacy-task-get',
      'tasks/get and its answer pass, with the ids translated; it is answered in JSON or as a stream like any request.',
      missing('A client polls a task through the gateway, on both paths.'),
    ),
  ),
  ...section(
    `${TASKS}: Retrieving Task Results`,
    downstream(
      'legacy-task-result',
      'tasks/result passes, and a client that goes away from it has cancelled nothing.',
      missing('A client leaves tasks/result and asks again.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Status Notification`,
    upstream(
      'legacy-upstream-task-status',
      'The gateway does not wait for status notifications that may never come.',
      missing('A server that sends none: the bridged task ends all the same.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Support and Handling`,
    downstream(
      'legacy-task-ignored',
      'Where tasks are not declared, params.task is ignored and the call is an ordinary one.',
      missing('A call with params.task to a server without the capability, and to a modern server: the tool’s result.'),
    ),
  ),
  ...section(
    `${TASKS}: Task ID Requirements`,
    downstream(
      'legacy-task-id',
      'Task ids are strings that the gateway seals, unique over all servers.',
      missing('Two servers give the same task id: the client holds two, each leads to its server.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Status Lifecycle`,
    downstream(
      'legacy-task-status',
      'Status passes as the server gives it; a task of the gateway’s own begins as working and ends once.',
      missing('All statuses of a server’s task as a client sees them, in body and in notifications.'),
    ),
  ),
  ...section(
    `${TASKS}: Input Required Status`,
    downstream(
      'legacy-task-question',
      'A question of a task reaches the client with its related-task, on a stream that the client has open.',
      missing(
        'Elicitation while tasks/result waits, and while only the GET stream is open; the id in _meta is the sealed one.',
      ),
    ),
    upstream(
      'legacy-upstream-task-input-required',
      'At input_required the gateway asks for tasks/result, on whose stream the question may come.',
      missing('A modern call of a required tool that elicits: input_required to the client, the retry ends the task.'),
    ),
  ),
  ...section(
    `${TASKS}: TTL and Resource Management`,
    downstream(
      'legacy-task-times',
      'createdAt, lastUpdatedAt, ttl and pollInterval pass as the server gives them.',
      missing('CreateTaskResult, tasks/get, tasks/list and tasks/cancel compared with the server’s but for the id.'),
    ),
  ),
  ...section(
    `${TASKS}: Result Retrieval`,
    downstream(
      'legacy-task-create-result',
      'A call as a task is answered at once with the server’s CreateTaskResult, and its result with what the tool gave.',
      missing('A result, a tool’s error and a JSON-RPC error through tasks/result, which waits while the task works.'),
    ),
  ),
  ...section(
    `${TASKS}: Associating Task-Related Messages`,
    downstream(
      'legacy-task-related',
      'related-task in _meta carries the client’s id of the task wherever the server puts it.',
      missing(
        'Requests, notifications and tasks/result with related-task; none is added to tasks/get, list and cancel.',
      ),
    ),
    upstream(
      'legacy-upstream-task-related',
      'The client’s related-task in answers to a task’s questions carries the server’s id; of tasks/* only taskId counts.',
      missing('A client answers a task’s elicitation; tasks/get with another task in _meta.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Notifications`,
    downstream(
      'legacy-task-notification',
      'A status notification reaches the session that made the task, with the client’s id, and no other.',
      missing('Two clients of one server, each with a task, hear each of its own.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Listing`,
    downstream(
      'legacy-task-list',
      'tasks/list has pages with opaque cursors, and every task of the requestor that tasks/get finds.',
      missing('Tasks of two servers over several pages; another principal’s are absent.'),
    ),
    upstream(
      'legacy-upstream-task-list',
      'A server’s cursors are given back as they came.',
      missing('Odd cursors, the empty one too, of a server’s tasks/list.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Cancellation`,
    downstream(
      'legacy-task-cancel',
      'tasks/cancel answers with the cancelled task, and with -32602 where it is over.',
      missing('Both, through the gateway; a late result changes nothing.'),
    ),
  ),
  ...section(
    `${TASKS}: Related Task Metadata`,
    downstream(
      'legacy-task-result-related',
      'The answer to tasks/result names its task in _meta.',
      missing('As the server gave it, under the client’s id.'),
    ),
  ),
  ...section(
    `${TASKS}: Protocol Errors`,
    downstream(
      'legacy-task-errors',
      'A task id that is unknown, forged or another’s is -32602, a bad cursor too.',
      missing('All of them for tasks/get, result, cancel and list.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Execution Errors`,
    downstream(
      'legacy-task-failure',
      'A failed task’s statusMessage passes, and tasks/result gives the very error or result.',
      missing('A task that failed by isError and one by a JSON-RPC error.'),
    ),
  ),
  ...section(
    `${TASKS}: Task Isolation and Access Control`,
    downstream(
      'legacy-task-isolation',
      'A task belongs to whoever made it: another principal can neither see, list nor cancel it, nor guess its id.',
      missing(
        'Another principal’s id, an altered one, and tasks/list, for each method; tasks/list is not declared without principals.',
      ),
    ),
  ),
];
