import { refusal } from '../call/faults.ts';
import type { TaskCursor } from '../call/task-ids.ts';
import type { Route, RoutedServer } from '../routing/route.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { McpError } from './errors.ts';
import type { Session } from './session.ts';

/** A page has no more tasks than a server's page adds to as many as this. */
const PAGE_TASKS = 100;
/** How many pages of servers are asked for at most for one of the gateway's: others' tasks may fill them. */
const MAX_PAGES = 20;

/**
 * A page of the tasks that a session's client made (2025-11-25, Tasks, Listing Tasks): those of one server after the other,
 * as the servers list them now. A server that fails takes its tasks alone out of the union.
 * @param cursor '' for the first page
 * @returns the result, as JSON bytes
 * @throws McpError invalid_params for a cursor that was not given out; what the only server of a route says
 */
export async function taskPage(route: Route, session: Session, cursor: string): Promise<Buffer> {
  const servers = route.servers.filter((server) => session.tasks.hasTasksOf(server) && listsTasks(server));
  const from = cursor === '' ? undefined : session.tasks.openCursor(cursor);
  if (cursor !== '' && from === undefined) {
    const found = JSON.stringify(cursor.slice(0, 64));
    const says = `The cursor ${found} is not one that tasks/list gave out.`;
    throw new McpError('invalid_params', says, { denied: 'task' });
  }
  const tasks: JsonObject[] = [];
  let next: TaskCursor | undefined = from ?? firstOf(servers[0]);
  for (let pages = 0; next !== undefined && tasks.length < PAGE_TASKS && pages < MAX_PAGES; pages++) {
    const { server: key, cursor: position } = next;
    const index = servers.findIndex(({ upstream }) => upstream.key === key);
    const server = servers[index];
    if (server === undefined) next = undefined;
    else {
      const page = await pageOf(route, session, server, position);
      tasks.push(...page.tasks);
      const goesOn: boolean = page.nextCursor !== undefined && page.nextCursor !== position;
      next = goesOn ? { server: key, cursor: page.nextCursor } : firstOf(servers[index + 1]);
    }
  }
  const nextCursor = next === undefined ? undefined : session.tasks.sealCursor(next);
  return Buffer.from(JSON.stringify({ tasks, ...(nextCursor !== undefined && { nextCursor }) }));
}

function firstOf(server: RoutedServer | undefined): TaskCursor | undefined {
  return server === undefined ? undefined : { server: server.upstream.key, cursor: undefined };
}

function listsTasks({ upstream: { catalogue } }: RoutedServer): boolean {
  if (catalogue === undefined) return false;
  const { tasks } = catalogue.era === 'legacy' ? catalogue.capabilities : (catalogue.legacy?.capabilities ?? {});
  return isJsonObject(tasks) && isJsonObject(objectMember(tasks, 'list')) && tasks['list'] !== undefined;
}

/** The client's own of one page of a server, under its ids. */
async function pageOf(
  route: Route,
  session: Session,
  server: RoutedServer,
  cursor: string | undefined,
): Promise<{ readonly tasks: JsonObject[]; readonly nextCursor?: string }> {
  let result: unknown;
  try {
    result = await session.slots.slot(server).ask(server, 'tasks/list', cursor === undefined ? {} : { cursor });
  } catch (error) {
    if (route.single !== undefined) throw refusal(error, server);
    return { tasks: [] };
  }
  if (!isJsonObject(result) || !Array.isArray(result['tasks'])) return { tasks: [] };
  const tasks = result['tasks'].flatMap((task: unknown) => {
    if (!isJsonObject(task) || typeof task['taskId'] !== 'string') return [];
    const { taskId } = task;
    session.tasks.told(server, taskId, task['status']);
    return session.tasks.isOwn(server, taskId) ? [{ ...task, taskId: session.tasks.seal(server, taskId) }] : [];
  });
  const { nextCursor } = result;
  return { tasks, ...(typeof nextCursor === 'string' && { nextCursor }) };
}
