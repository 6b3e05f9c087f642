import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** Whether nobody listens on a port of this machine's own address, so that we can. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

/** A port that is free now: the first one from `first` on, or any if all of the next hundred are taken. */
export async function findFreePort(first = 0): Promise<number> {
  const candidates = first === 0 ? [] : Array.from({ length: 100 }, (_, offset) => first + offset);
  for (const port of candidates) if (port < 65_536 && (await isPortFree(port))) return port;
  const port = await tryPort(0);
  if (port === undefined) throw new Error('No port of 127.0.0.1 is free.');
  return port;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

/** Waits until someone accepts connections at a port, for as long as the deadline allows. */
export async function untilListening(port: number, deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (performance.now() < end && !(await accepts(port))) await delay(20);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
