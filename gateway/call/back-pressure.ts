import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';

/** Keeps a server from sending faster than its client reads. */
export class BackPressure {
  readonly #response: ServerResponse;
  #isWaiting = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** Passes bytes on; the server is read on when the client has taken them. Of a client that has gone they are let go. */
  write(bytes: Buffer, controller: Dispatcher.DispatchController): void {
    const response = this.#response;
    if (response.destroyed || response.write(bytes) || this.#isWaiting) return;
    // One chunk may have many frames: they wait together.
    this.#isWaiting = true;
    controller.pause();
    response.once('drain', () => {
      this.#isWaiting = false;
      controller.resume();
    });
  }
}
