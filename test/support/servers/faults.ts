import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * method → what goes wrong with its answer, each time, or the first N times (`reset*2`):
 * - `hang`: no answer at all
 * - `slow-MS`: the right answer after MS milliseconds
 * - `reset`: the connection breaks in the middle of a JSON answer
 * - `reset-stream`: it breaks in the middle of an SSE answer
 * - `status-NNN`: a bare HTTP status
 * - `error`, `error--32601`: a JSON-RPC error, of this code
 * - `refuse--32021`: the same with HTTP status 400
 * - `broken-json`, `array`, `html`, `empty`, `no-result`: an answer that is not one
 * - `wrong-id`: an answer to another request
 * - `twice`: on SSE, the answer and then another
 * - `no-answer`: an SSE stream that ends without it
 * - `sse`: the right answer, on SSE with a notification, comments and CRLF before it
 * - `resume-MS`: an SSE stream that ends after an event id; the answer is given to a GET with Last-Event-ID after MS
 * - `deep-N`: the right answer with an array of N levels in its result
 * - `oversize-N`: the right answer with N bytes in its result
 */
export type FaultMap = Readonly<Record<string, string>>;

type Make = () => unknown;

export class Faults {
  #faults = new Map<string, { readonly name: string; left: number }>();
  /** Event id → the answer that waits for a GET with it. */
  readonly #resumable = new Map<string, string>();

  constructor(faults: FaultMap) {
    this.set(faults);
  }

  /** Replaces all faults; returns how many there are. */
  set(faults: FaultMap): number {
    this.#faults = new Map(
      Object.entries(faults).map(([method, spec]) => {
        const [name = '', times] = spec.split('*');
        return [method, { name, left: times === undefined ? Infinity : Number(times) }];
      }),
    );
    return this.#faults.size;
  }

  /** Answers with the fault of `method`; false if there is none (any more). */
  async strike(
    method: string,
    id: string | number | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    result: Make,
  ): Promise<boolean> {
    const fault = this.#faults.get(method);
    if (fault === undefined || fault.left <= 0) return false;
    fault.left--;
    const [name, argument] = cut(fault.name);
    const answer = (value: unknown = result(), answerId: unknown = id) =>
      JSON.stringify({ jsonrpc: '2.0', id: answerId, result: value });
    const json = (body: string, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    const stream = () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    };
    switch (name) {
      case 'hang':
        return true;
      case 'slow':
        await delay(Number(argument));
        if (method === 'GET') return false;
        json(answer());
        return true;
      case 'reset':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        // Once what precedes the break is on its way.
        response.write('{"jsonrpc":"2.0",', () => request.socket.destroy());
        return true;
      case 'reset-stream':
        stream();
        response.write('event: message\ndata: {"jsonrpc":', () => request.socket.destroy());
        return true;
      case 'status':
        response.writeHead(Number(argument)).end();
        return true;
      case 'error':
        json(
          JSON.stringify({
            jsonrpc: '2.0',
            id,
            error: { code: Number(argument || -32603), message: 'as it was told' },
          }),
        );
        return true;
      case 'refuse':
        json(JSON.stringify({ jsonrpc: '2.0', id, error: { code: Number(argument), message: 'as it was told' } }), 400);
        return true;
      case 'broken-json':
        json('{"jsonrpc":"2.0","id":');
        return true;
      case 'array':
        json(`[${answer()}]`);
        return true;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
        return true;
      case 'empty':
        json('');
        return true;
      case 'no-result':
        json(JSON.stringify({ jsonrpc: '2.0', id }));
        return true;
      case 'wrong-id':
        json(answer(result(), 'another'));
        return true;
      case 'twice':
        stream();
        response.write(`data: ${answer()}\n\ndata: ${answer({ second: true })}\n\n`);
        response.end();
        return true;
      case 'no-answer':
        stream();
        response.end(': nothing follows\n\n');
        return true;
      case 'sse':
        stream();
        response.write(`: hello\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\nid: 2\r\n`);
        response.write(
          `data: {"jsonrpc":"2.0","method":"notifications/message",\r\ndata: "params":{"level":"info"}}\r\n\r`,
        );
        response.end(`\ndata: ${answer()}\n\n`);
        return true;
      case 'resume': {
        const event = `event-${String(id)}`;
        this.#resumable.set(event, answer());
        stream();
        response.end(`id: ${event}\nretry: ${argument}\ndata:\n\n`);
        return true;
      }
      case 'deep': {
        const levels = Number(argument);
        const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
        json(answer({ ...(result() as object), deep: 'HERE' }).replace('"HERE"', deep));
        return true;
      }
      case 'oversize':
        json(answer({ ...(result() as object), padding: 'x'.repeat(Number(argument)) }));
        return true;
      default:
        throw new Error(`No such fault: ${fault.name}`);
    }
  }

  /** Answers a GET that comes back for an answer. */
  resume(request: IncomingMessage, response: ServerResponse): boolean {
    const event = request.headers['last-event-id'];
    const answer = typeof event === 'string' ? this.#resumable.get(event) : undefined;
    if (answer === undefined) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${answer}\n\n`);
    return true;
  }
}

/** `slow-100` → slow, 100; `error--32601` → error, -32601; `wrong-id` → wrong-id. */
function cut(spec: string): [string, string] {
  const match = /^(slow|status|error|refuse|resume|deep|oversize)-(-?\d+)$/.exec(spec);
  return match === null ? [spec, ''] : [match[1] ?? '', match[2] ?? ''];
}
