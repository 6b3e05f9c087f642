import type { ErrorType } from '../mcp/errors.ts';

/** How many requests wait for the answer of one server. */
export class ServerLoad {
  #waiting = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** One more waits. */
  enter(): void {
    this.#waiting++;
  }

  /** One of them waits no more. */
  leave(): void {
    this.#waiting--;
  }
}

/** A request that counts among those that wait, up to its end. */
export interface WaitingRequest {
  /** Called once, when the client has its answer or has gone. */
  onEnd: (error: ErrorType | undefined) => void;
  /** Where it counts; undefined: nowhere yet, or no more. */
  load?: ServerLoad | undefined;
}

/** Takes over a request's place among those that wait: who has it is to leave it. */
export function takeLoad(request: WaitingRequest): ServerLoad | undefined {
  const { load } = request;
  request.load = undefined;
  return load;
}

/** A request waits no more. @param error why its client has no result, if it has none */
export function endWaiting(request: WaitingRequest, error: ErrorType | undefined): void {
  takeLoad(request)?.leave();
  request.onEnd(error);
}
