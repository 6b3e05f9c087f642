import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HopMark } from '../hop-mark.ts';
import { McpError } from '../mcp/errors.ts';
import { Cors } from './cors.ts';
import { AllowedHosts, type HostRules } from './hosts.ts';
import { ListedOrigins } from './listed-origins.ts';
import { checkQuery } from './query.ts';
import { SingleHeaders } from './single-headers.ts';
import { unclear } from './unclear.ts';

const LOOP =
  'The header Via names this gateway: the request is its own, and came back. A server that it was told of leads to the gateway itself.';

/** What a request must be like, whoever it is of and whatever it is for; made anew for each registry. */
export class Screening {
  readonly #hosts: AllowedHosts;
  readonly #cors: Cors | undefined;
  readonly #singles: SingleHeaders;
  readonly #keyHeaders: ReadonlySet<string>;
  readonly #mark: HopMark;

  /** @param mark on what the gateway sends itself */
  constructor(rules: HostRules, mark: HopMark) {
    this.#mark = mark;
    const { cors, auth } = rules.policy ?? {};
    const origins = cors === undefined ? undefined : new ListedOrigins(cors);
    this.#keyHeaders = new Set(auth?.methods.flatMap((method) => ('apiKey' in method ? [method.apiKey.header] : [])));
    this.#singles = new SingleHeaders(this.#keyHeaders);
    this.#hosts = new AllowedHosts({ ...rules, origins });
    this.#cors = origins === undefined ? undefined : new Cors({ origins, keyHeaders: this.#keyHeaders });
  }

  /**
   * Looks at a request. @returns true: it has its answer
   * @throws McpError that refuses it
   */
  answers(request: IncomingMessage, response: ServerResponse): boolean {
    this.#singles.check(request.rawHeaders);
    const target = request.url ?? '/';
    const { host, origin, via, 'transfer-encoding': coding } = request.headers;
    // Before all else that could refuse it: that it came back is what a person has to know.
    if (via !== undefined && this.#mark.isIn(via)) throw new McpError('loop_detected', LOOP);
    // The parser takes both, and would give a body that is still encoded (RFC 9112, section 6.1).
    if (request.httpVersionMajor !== 1)
      throw unclear(`The request is of HTTP/${request.httpVersion}; expected HTTP/1.1.`);
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      throw unclear(`Transfer-Encoding is ${coding.slice(0, 128)}; expected chunked.`);
    }
    const named = target.startsWith('/') ? undefined : authorityOf(target);
    // The header must be ignored then (RFC 9112, section 3.2.2); but a link that is made of it must not lead elsewhere.
    if (named !== undefined) this.#hosts.check(host, undefined);
    this.#hosts.check(named ?? host, origin);
    if (this.#cors?.serve(request, response) === true) return true;
    checkQuery(target, this.#keyHeaders);
    return false;
  }
}

/**
 * The host and port in a target that is a whole URL: they count then, and the header Host does not (RFC 9112, section 3.2.2).
 * @throws McpError if there is a user in it (RFC 9110, section 4.2.4)
 */
function authorityOf(target: string): string | undefined {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  if (authority?.includes('@') !== true) return authority;
  throw unclear('The URL has a user or a password; expected none.');
}
