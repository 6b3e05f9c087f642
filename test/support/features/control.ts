import type { IncomingMessage, ServerResponse } from 'node:http';
import { cancelled } from './behaviour.ts';
import type { ListKind } from './offer.ts';

/** What a test does to a running server, beside the protocol. */
export interface Control {
  add(kind: ListKind, key: string): void;
  touch(uri: string): void;
  forget(): void;
}

/** Answers `POST /control/<action>?…`. @returns false if the request is something else */
export function handleControl(request: IncomingMessage, response: ServerResponse, control: Control): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  const of = (name: string): string => searchParams.get(name) ?? '';
  switch (pathname) {
    case '/control/add':
      control.add(of('kind') as ListKind, of('key'));
      break;
    case '/control/touch':
      control.touch(of('uri'));
      break;
    case '/control/forget':
      control.forget();
      break;
    case '/control/cancelled':
      response.writeHead(cancelled.has(of('key')) ? 200 : 404);
      break;
    default:
      return false;
  }
  response.end();
  return true;
}
