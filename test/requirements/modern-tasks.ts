import { downstream, upstream, section } from './requirement.ts';
import { downstreamLegacy, downstreamModern, servingPrincipals, taskIds, tasksListen, tasksModern } from './tests.ts';

/** The extension io.modelcontextprotocol/tasks: tasks of modern servers for modern clients, their ids sealed. */
export const modernTasks = [
  ...section(
    'ext-tasks: Capability Negotiation',
    downstream(
      'modern-tasks-undeclared',
      'A client gets no task unless that very request declares the extension.',
      tasksModern('a task for a client that did not declare the extension is the server’s fault'),
    ),
    downstream(
      'modern-tasks-required',
      'A server that cannot do without has its -32021 passed on, with HTTP 400 and the extension named.',
      downstreamModern('a capability that the client lacks is told as the server told it'),
      tasksModern('a server that needs the extension says so to a client without it'),
      tasksModern('to a legacy client a tool that needs the extension is an error that names the server'),
    ),
    upstream(
      'modern-upstream-tasks-either',
      'Where a client declared the extension, a call may come back as a result or as a task.',
      tasksModern('a call comes back as a result or as a task on ${path}, as the server likes'),
    ),
    upstream(
      'modern-upstream-tasks-unsupported',
      'A task as the answer to anything but tools/call is no answer.',
      tasksModern('a task as the answer to anything but tools/call is none'),
    ),
    upstream(
      'modern-upstream-tasks-legacy-client',
      'For a legacy client the extension is never declared.',
      downstreamLegacy('a modern server gets an envelope, whatever the client’s params are'),
    ),
  ),
  ...section(
    'ext-tasks: Polymorphic Results',
    downstream(
      'modern-task-result-type',
      'A task is told by resultType "task", and nothing else is.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
    ),
  ),
  ...section(
    'ext-tasks: Tasks',
    downstream(
      'modern-task-fields',
      'A task’s fields pass as the server gives them, but for its id.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
    ),
  ),
  ...section(
    'ext-tasks: Task Status',
    downstream(
      'modern-task-failed',
      'failed passes with its error; what the gateway fails itself has a JSON-RPC error.',
      tasksModern('a task is told whole in each status, under the very id that it was made with'),
      tasksModern('a server that has lost a task says so, under the client’s id'),
    ),
  ),
  ...section(
    'ext-tasks: Task Creation',
    downstream(
      'modern-task-durable',
      'A task’s id works as soon as the client has it.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
    ),
    downstream(
      'modern-task-after-rounds',
      'Rounds come before the task: a retry may be answered with one.',
      tasksModern('rounds come before the task'),
    ),
  ),
  ...section(
    'ext-tasks: Task Polling',
    upstream(
      'modern-upstream-task-polling',
      'The gateway polls no task of its own accord; a client’s polling passes.',
      tasksModern('each of a client’s polls is one of the server’s, and no more'),
    ),
  ),
  ...section(
    'ext-tasks: Task Polling / Response',
    downstream(
      'modern-task-get',
      'tasks/get gives the whole task in each status, complete by its resultType.',
      tasksModern('a task is told whole in each status, under the very id that it was made with'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests',
    downstream(
      'modern-task-questions',
      'A task’s inputRequests reach the client under the server’s keys, only in kinds that it declared.',
      tasksModern('a task is told whole in each status, under the very id that it was made with'),
      tasksModern('a task that asks for what the client did not declare is the server’s fault'),
    ),
    upstream(
      'modern-upstream-task-answers',
      'A client’s inputResponses reach the server under the same keys.',
      tasksModern('a client’s answers arrive as they were sent, in parts'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests / Request',
    upstream(
      'modern-upstream-task-update-keys',
      'Nothing is added to a client’s tasks/update.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
      tasksModern('a client’s answers arrive as they were sent, in parts'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests / Response',
    downstream(
      'modern-task-update',
      'tasks/update is acknowledged with a complete, empty result; unknown keys do no harm.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
      tasksModern('a client’s answers arrive as they were sent, in parts'),
    ),
  ),
  ...section(
    'ext-tasks: Task Cancellation',
    upstream(
      'modern-upstream-task-cancel',
      'A task is cancelled by tasks/cancel alone: a client that goes away leaves it.',
      tasksModern('a client that goes away leaves its task'),
    ),
  ),
  ...section(
    'ext-tasks: Task Cancellation / Response',
    downstream(
      'modern-task-cancel',
      'tasks/cancel is acknowledged with a complete, empty result.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
    ),
  ),
  ...section(
    'ext-tasks: Task Status Notifications',
    downstream(
      'modern-task-listen',
      'taskIds in a filter are honoured for the client’s own tasks, and bring notifications/tasks and nothing else.',
      tasksListen('a client hears of its tasks of several servers on one stream, under its own ids'),
      tasksListen('what a server says of other tasks, or of none, stays behind'),
      tasksListen('what servers do not say that they tell of is not honoured'),
    ),
    downstream(
      'modern-task-listen-undeclared',
      'taskIds of a client that does not declare the extension are -32021 with HTTP 400.',
      tasksListen('taskIds of a client that does not declare the extension are refused'),
    ),
  ),
  ...section(
    'ext-tasks: Streamable HTTP: Routing Headers',
    upstream(
      'modern-upstream-task-name',
      'Mcp-Name of tasks/* is the server’s own task id.',
      tasksModern('a task is made, asked for, fed and cancelled on ${path}'),
    ),
    downstream(
      'modern-task-name',
      'Mcp-Name of tasks/* must be the task id in the body.',
      tasksModern('Mcp-Name of a request about a task must be the task’s id'),
    ),
  ),
  ...section(
    'ext-tasks: Protocol Errors',
    downstream(
      'modern-task-unknown',
      'A task id that is unknown, forged or another’s is -32602.',
      tasksModern('an id that was not given out is unknown'),
      taskIds('an id is nothing to another owner, nor is an altered one, nor a cursor'),
    ),
    downstream(
      'modern-task-methods-undeclared',
      'tasks/get, update and cancel of a client that does not declare the extension are -32021.',
      tasksModern('requests about tasks need the extension declared, each'),
      tasksModern('what the extension does not have is not found'),
    ),
  ),
  ...section(
    'ext-tasks: Task Execution Errors',
    downstream(
      'modern-task-error',
      'A tool’s error is a completed task’s result, a JSON-RPC error a failed task’s error.',
      tasksModern('a task is told whole in each status, under the very id that it was made with'),
    ),
  ),
  ...section(
    'ext-tasks: Security Considerations',
    downstream(
      'modern-task-isolation',
      'A task belongs to whoever made it: another principal can neither see nor guess it.',
      tasksModern('an id that was not given out is unknown'),
      taskIds('an id is nothing to another owner, nor is an altered one, nor a cursor'),
      servingPrincipals('${method} of another principal’s task is -32602, and no server is asked'),
      servingPrincipals('a listener hears of another principal’s task nothing, not even that there is one'),
    ),
  ),
];
