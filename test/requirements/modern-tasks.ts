import { downstream, missing, upstream, section } from './requirement.ts';
import { downstreamLegacy, downstreamModern } from './tests.ts';

/** The extension io.modelcontextprotocol/tasks: tasks of modern servers for modern clients, their ids sealed. */
export const modernTasks = [
  ...section(
    'ext-tasks: Capability Negotiation',
    downstream(
      'modern-tasks-undeclared',
      'A client gets no task unless that very request declares the extension.',
      missing(
        'A server that makes one all the same: an error that names it; a client that declared it before does not count.',
      ),
    ),
    downstream(
      'modern-tasks-required',
      'A server that cannot do without has its -32021 passed on, with HTTP 400 and the extension named.',
      downstreamModern('a capability that the client lacks is told as the server told it'),
      missing('requiredCapabilities.extensions, to a modern client; to a legacy one a clear error.'),
    ),
    upstream(
      'modern-upstream-tasks-either',
      'Where a client declared the extension, a call may come back as a result or as a task.',
      missing('Both, on the union and on an own path.'),
    ),
    upstream(
      'modern-upstream-tasks-unsupported',
      'A task as the answer to anything but tools/call is no answer.',
      missing('prompts/get and resources/read answered with a task: an error that names the server.'),
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
      missing('CreateTaskResult and the answers to tasks/get, update and cancel.'),
    ),
  ),
  ...section(
    'ext-tasks: Tasks',
    downstream(
      'modern-task-fields',
      'A task’s fields pass as the server gives them, but for its id.',
      missing('Compared whole, vendors’ fields too.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Status',
    downstream(
      'modern-task-failed',
      'failed passes with its error; what the gateway fails itself has a JSON-RPC error.',
      missing('A failed task, and one whose server is gone.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Creation',
    downstream(
      'modern-task-durable',
      'A task’s id works as soon as the client has it.',
      missing('tasks/get at once after CreateTaskResult, over another connection.'),
    ),
    downstream(
      'modern-task-after-rounds',
      'Rounds come before the task: a retry may be answered with one.',
      missing('input_required, then a task.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Polling',
    upstream(
      'modern-upstream-task-polling',
      'The gateway polls no task of its own accord; a client’s polling passes.',
      missing('tasks/get at the server, one for each of the client’s.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Polling / Response',
    downstream(
      'modern-task-get',
      'tasks/get gives the whole task in each status, complete by its resultType.',
      missing('working, input_required with all its requests, completed, cancelled and failed.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests',
    downstream(
      'modern-task-questions',
      'A task’s inputRequests reach the client under the server’s keys, only in kinds that it declared.',
      missing('Keys unchanged over several polls; a kind that was not declared.'),
    ),
    upstream(
      'modern-upstream-task-answers',
      'A client’s inputResponses reach the server under the same keys.',
      missing('tasks/update as it arrives, in parts.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests / Request',
    upstream(
      'modern-upstream-task-update-keys',
      'Nothing is added to a client’s tasks/update.',
      missing('As it arrives, compared whole but for the id.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Update Requests / Response',
    downstream(
      'modern-task-update',
      'tasks/update is acknowledged with a complete, empty result; unknown keys do no harm.',
      missing('Through the gateway, on both paths.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Cancellation',
    upstream(
      'modern-upstream-task-cancel',
      'A task is cancelled by tasks/cancel alone: a client that goes away leaves it.',
      missing('A client closes after CreateTaskResult; tasks/cancel arrives as such.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Cancellation / Response',
    downstream(
      'modern-task-cancel',
      'tasks/cancel is acknowledged with a complete, empty result.',
      missing('Through the gateway, on both paths.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Status Notifications',
    downstream(
      'modern-task-listen',
      'taskIds in a filter are honoured for the client’s own tasks, and bring notifications/tasks and nothing else.',
      missing(
        'Tasks of two servers and an unknown one in one filter; the sealed id in each notification; no progress, no log.',
      ),
    ),
    downstream(
      'modern-task-listen-undeclared',
      'taskIds of a client that does not declare the extension are -32021 with HTTP 400.',
      missing('subscriptions/listen with taskIds and without the capability.'),
    ),
  ),
  ...section(
    'ext-tasks: Streamable HTTP: Routing Headers',
    upstream(
      'modern-upstream-task-name',
      'Mcp-Name of tasks/* is the server’s own task id.',
      missing('As it arrives for get, update and cancel, with ids that need encoding.'),
    ),
    downstream(
      'modern-task-name',
      'Mcp-Name of tasks/* must be the task id in the body.',
      missing('Missing and different: -32020 with HTTP 400.'),
    ),
  ),
  ...section(
    'ext-tasks: Protocol Errors',
    downstream(
      'modern-task-unknown',
      'A task id that is unknown, forged or another’s is -32602.',
      missing('For get, update and cancel.'),
    ),
    downstream(
      'modern-task-methods-undeclared',
      'tasks/get, update and cancel of a client that does not declare the extension are -32021.',
      missing('With HTTP 400 and the extension named; tasks/result and tasks/list are -32601 with HTTP 404.'),
    ),
  ),
  ...section(
    'ext-tasks: Task Execution Errors',
    downstream(
      'modern-task-error',
      'A tool’s error is a completed task’s result, a JSON-RPC error a failed task’s error.',
      missing('Both, as the server gave them.'),
    ),
  ),
  ...section(
    'ext-tasks: Security Considerations',
    downstream(
      'modern-task-isolation',
      'A task belongs to whoever made it: another principal can neither see nor guess it.',
      missing('Another principal’s id, and altered ones, for each method and for listen.'),
    ),
  ),
];
