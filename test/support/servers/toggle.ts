import type { IncomingMessage, ServerResponse } from 'node:http';
import { listKinds, type ListKind } from './contents.ts';

/**
 * Answers `POST /toggle?list=LIST&name=NAME`, by which a test changes a server's lists without a client of its own.
 * @returns false if the request is something else
 */
export function handleToggle(
  request: IncomingMessage,
  response: ServerResponse,
  toggle: (kind: ListKind, name: string) => string,
): boolean {
  const url = new URL(request.url ?? '/', 'http://server');
  if (url.pathname !== '/toggle') return false;
  const kind = listKinds.find((each) => each === url.searchParams.get('list'));
  const name = url.searchParams.get('name');
  if (kind === undefined || !name) {
    response.writeHead(400).end('expected ?list=tools|prompts|resources&name=NAME\n');
  } else {
    response.writeHead(200).end(`${toggle(kind, name)}\n`);
  }
  return true;
}

/**
 * Answers `POST /touch?uri=URI`, by which a test updates a resource: whoever subscribed to it is told.
 * @returns false if the request is something else
 */
export function handleTouch(
  request: IncomingMessage,
  response: ServerResponse,
  touch: (uri: string) => Promise<void> | void,
): boolean {
  const url = new URL(request.url ?? '/', 'http://server');
  if (url.pathname !== '/touch') return false;
  void Promise.resolve(touch(url.searchParams.get('uri') ?? '')).then(() => response.end('touched\n'));
  return true;
}

/**
 * Answers `POST /reword?tool=NAME&description=TEXT`, by which a test has a tool described otherwise, as a server does that
 * turns bad after it was approved.
 * @returns false if the request is something else
 */
export function handleReword(
  request: IncomingMessage,
  response: ServerResponse,
  reword: (tool: string, description: string) => void,
): boolean {
  const url = new URL(request.url ?? '/', 'http://server');
  if (url.pathname !== '/reword') return false;
  reword(url.searchParams.get('tool') ?? '', url.searchParams.get('description') ?? '');
  response.end('reworded\n');
  return true;
}
