import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SendOptions } from './mcp-http.ts';

/** HTTP by hand, down to the bytes. */
export interface RawConnection {
  readonly socket: Socket;
  /** What has come so far. */
  readonly text: () => string;
  /** Resolves with all that came, when the connection has ended. */
  readonly ended: Promise<string>;
}

/** Opens a connection to where a URL leads. */
export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  // An error, which `once` would throw, is one way to end.
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(text));
  });
  await once(socket, 'connect');
  return { socket, text: () => text, ended };
}

/** Sends bytes as they are, and reads until the connection ends. @param text in Latin-1 */
export async function rawExchange(url: string, text: string): Promise<string> {
  const { socket, ended } = await rawConnection(url);
  socket.write(text, 'latin1');
  return ended;
}

/** A POST as bytes. @param options its body in ASCII */
export function rawPost(path: string, { headers = {}, body = '' }: SendOptions): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n${String(body)}`;
}

/** The statuses of all responses in what came. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
