import { Dispatcher } from 'undici';
import { hasHttpSseId } from './session-header.ts';

/** Sends what stands in a session with an HTTP+SSE server there, and all else to the address itself. */
export class TransportSwitch extends Dispatcher {
  readonly #direct: Dispatcher;
  readonly #httpSse: Dispatcher;

  /** @param httpSse what keeps those sessions */
  constructor(direct: Dispatcher, httpSse: Dispatcher) {
    super();
    this.#direct = direct;
    this.#httpSse = httpSse;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const to = hasHttpSseId(options.headers) ? this.#httpSse : this.#direct;
    return to.dispatch(options, handler);
  }
}
