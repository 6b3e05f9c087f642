import type { SessionOpener, UpstreamSession } from '../../gateway/call/upstream-session.ts';

/** An opener that opens sessions 1, 2, 3 …, each when the test lets it, and notes what it ends. */
export function numberedSessions(target = '10.0.0.1:8080') {
  const ended: (string | undefined)[] = [];
  const waiting: (() => void)[] = [];
  let count = 0;
  const opener: SessionOpener = {
    open: () => {
      const session: UpstreamSession = { target, id: String(++count), protocolVersion: '2025-11-25' };
      return new Promise((resolve) => waiting.push(() => resolve(session)));
    },
    isKnown: async () => true,
    request: async () => undefined,
    listen: () => {
      throw new Error('Nobody listens.');
    },
    end: async (_server, { id }) => void ended.push(id),
  };
  const letOpen = (): void => {
    for (const open of waiting.splice(0)) open();
  };
  return { opener, ended, letOpen, opened: () => count };
}
