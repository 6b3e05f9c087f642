import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Keeps every event of one session, so that a client that comes back with `Last-Event-ID` gets what it missed. */
export class SessionEvents implements EventStore {
  readonly #events: { readonly stream: string; readonly message: JSONRPCMessage }[] = [];

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    this.#events.push({ stream, message });
    return String(this.#events.length - 1);
  }

  async getStreamIdForEventId(event: string): Promise<string | undefined> {
    return this.#events[Number(event)]?.stream;
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (event: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const stream = this.#events[Number(last)]?.stream;
    if (stream === undefined) throw new Error(`No event has the id ${last}.`);
    for (let event = Number(last) + 1; event < this.#events.length; event++) {
      const stored = this.#events[event];
      // The event that opens a stream is stored as an empty message.
      if (stored?.stream === stream && 'jsonrpc' in stored.message) await send(String(event), stored.message);
    }
    return stream;
  }
}
