import type { Principal } from '../access/principal.ts';
import type { LimitPolicy, RateLimit } from '../contract/access-policy.ts';
import type { RoutedServer } from '../routing/route.ts';
import { Buckets } from './buckets.ts';
import { LimitError, limitNames, type LimitName, type RateName } from './limit-error.ts';
import { isListedTool } from './listed-tools.ts';
import { Room, type RoomOptions } from './room.ts';
import { Tally } from './tally.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Of all requests that may wait at one time one server's may be so many: one that hangs leaves room for the others. */
const SHARE_OF_SERVER = 7 / 8;
/** The same of one caller, where callers are told apart; and of all else that callers hold. */
const SHARE_OF_PRINCIPAL = 1 / 2;
/** When to try again what had too many beside it: nobody knows when one of them ends. In milliseconds. */
const BUSY_MS = 1000;

/** How much callers may ask for: counts their requests, and refuses what is too much. */
export class Limits {
  /** How many requests each limit has refused. */
  readonly refusals: Readonly<Record<LimitName, number>>;
  readonly #refusals = Object.fromEntries(limitNames.map((name) => [name, 0])) as Record<LimitName, number>;
  readonly #requests: number;
  readonly #clock: () => number;
  #rates: Partial<Readonly<Record<RateName, Buckets>>> = {};
  #mostOfPrincipal = Infinity;
  #mostOfServer: number;
  readonly #ofPrincipals = new Tally();
  readonly #ofServers = new Tally();
  readonly #rooms: Room[] = [];
  #tellsApart = false;

  /**
   * @param requests how many may wait for an answer at one time, of all callers
   * @param clock gives milliseconds, and never goes back
   */
  constructor(requests: number, clock = (): number => performance.now()) {
    this.#requests = requests;
    this.#clock = clock;
    this.#mostOfServer = this.#share(SHARE_OF_SERVER, undefined);
    this.refusals = this.#refusals;
  }

  /**
   * Takes another registry's policy. What was used up of a limit that stays is used up still.
   * @param tellsApart whether callers are told apart: else they are one, who may have all
   */
  take(policy: LimitPolicy | undefined, tellsApart: boolean): void {
    const { concurrentPerPrincipal, concurrentPerServer } = policy ?? {};
    this.#rates = {
      ...this.#buckets('perPrincipal', policy?.perPrincipal),
      ...this.#buckets('perServer', policy?.perServer),
      ...this.#buckets('perTool', policy?.perTool),
    };
    this.#tellsApart = tellsApart;
    this.#mostOfPrincipal = this.#share(tellsApart ? SHARE_OF_PRINCIPAL : 1, concurrentPerPrincipal);
    for (const room of this.#rooms) this.#divide(room);
    this.#mostOfServer = this.#share(SHARE_OF_SERVER, concurrentPerServer);
  }

  /** Something that callers share beside requests in work. */
  room(options: RoomOptions): Room {
    const room = new Room(options, (says) => this.#refusal(options.limit, says, options.retryMs));
    this.#divide(room);
    this.#rooms.push(room);
    return room;
  }

  /** A caller asks for something, whatever it is. @throws LimitError perPrincipal */
  ask(principal: Principal): void {
    const buckets = this.#rates.perPrincipal;
    if (buckets === undefined) return;
    const now = this.#clock();
    const bucket = buckets.of(principal.id, now);
    const waitMs = bucket.wait(now);
    if (waitMs > 0) throw this.#refusal('perPrincipal', `You may make ${inWords(buckets.limit)}`, waitMs);
    bucket.take();
  }

  /** A caller's request is in work from now on; to be followed by `leave`. @throws LimitError concurrentPerPrincipal */
  enter({ id }: Principal): void {
    const count = this.#ofPrincipals.of(id);
    if (count >= this.#mostOfPrincipal) {
      const says = `You have ${count} requests in work, as many as one caller may`;
      throw this.#refusal('concurrentPerPrincipal', says, BUSY_MS);
    }
    this.#ofPrincipals.add(id);
  }

  leave({ id }: Principal): void {
    this.#ofPrincipals.remove(id);
  }

  /**
   * A request goes to a server; to be followed by `leaveServer`. One that is refused is not counted.
   * @param tool the server's own name of the tool that is called; undefined: none is
   * @throws LimitError concurrentPerServer, perServer, perTool
   */
  enterServer(server: RoutedServer, tool: string | undefined): void {
    const { key } = server.upstream;
    const count = this.#ofServers.of(key);
    if (count >= this.#mostOfServer) {
      const says = `Server ${key} has ${count} requests in work, as many as one server may`;
      throw this.#refusal('concurrentPerServer', says, BUSY_MS, key);
    }
    const { perServer, perTool } = this.#rates;
    if (perServer !== undefined || perTool !== undefined) this.#takeOf(server, tool);
    this.#ofServers.add(key);
  }

  leaveServer({ upstream }: RoutedServer): void {
    this.#ofServers.remove(upstream.key);
  }

  #takeOf(server: RoutedServer, tool: string | undefined): void {
    const { perServer, perTool } = this.#rates;
    const { key } = server.upstream;
    const now = this.#clock();
    const ofServer = perServer?.of(key, now);
    this.#check(ofServer, now, 'perServer', key, `Server ${key} may be asked`, perServer);
    let ofTool: TokenBucket | undefined;
    if (perTool !== undefined && tool !== undefined) {
      // Names that no list has are a client's own inventions: they share a bucket, that of no name.
      const name = isListedTool(server, tool) ? tool : '';
      ofTool = perTool.of(`${key} ${name}`, now);
      const what = name === '' ? `Tools of server ${key} that it does not list` : `Tool ${name} of server ${key}`;
      this.#check(ofTool, now, 'perTool', key, `${what} may be asked`, perTool);
    }
    ofServer?.take();
    ofTool?.take();
  }

  #check(
    bucket: TokenBucket | undefined,
    now: number,
    name: LimitName,
    server: string,
    says: string,
    buckets: Buckets | undefined,
  ): void {
    const waitMs = bucket?.wait(now) ?? 0;
    if (waitMs > 0 && buckets !== undefined)
      throw this.#refusal(name, `${says} for ${inWords(buckets.limit)}`, waitMs, server);
  }

  #buckets(name: RateName, limit: RateLimit | undefined): Partial<Record<RateName, Buckets>> {
    if (limit === undefined) return {};
    const before = this.#rates[name];
    const isKept = before !== undefined && isSame(before.limit, limit);
    return { [name]: isKept ? before : new Buckets(limit, this.#clock()) };
  }

  #divide(room: Room): void {
    room.divide(this.#tellsApart ? SHARE_OF_PRINCIPAL : undefined);
  }

  /** @returns at least one: a limit is no prohibition */
  #share(share: number, limit: number | undefined): number {
    return Math.max(1, Math.min(this.#requests * share, limit ?? Infinity));
  }

  #refusal(name: LimitName, says: string, waitMs: number, server?: string): LimitError {
    this.#refusals[name]++;
    return new LimitError(name, says, waitMs, server);
  }
}

function inWords({ requests, periodSeconds, burst }: RateLimit): string {
  const atOnce = burst === requests ? '' : `, ${burst} of them at once`;
  return `${requests} ${requests === 1 ? 'request' : 'requests'} in ${periodSeconds} s${atOnce}`;
}

function isSame(a: RateLimit, b: RateLimit): boolean {
  return a.requests === b.requests && a.periodSeconds === b.periodSeconds && a.burst === b.burst;
}
