/**
 * Loaded into a child process before its program (`node --import`): ends the child when its parent is gone, however the parent ended.
 * The parent holds the other end of descriptor 3; the system closes it with the parent.
 */
import { Socket } from 'node:net';

const GRACE_MS = 5000;

const parent = new Socket({ fd: 3, readable: true, writable: false });
parent.on('error', () => {});
parent.on('close', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), GRACE_MS).unref();
});
parent.resume();
// It must not keep a program alive that has ended by itself.
parent.unref();
