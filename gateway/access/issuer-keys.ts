import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import type { Logger } from '../log.ts';
import { CredentialError } from './credential-error.ts';

/** What an issuer says of itself. */
export interface IssuerDocument {
  /** As its tokens have it. */
  readonly issuer: string;
  readonly keys: JSONWebKeySet;
}

/** An issuer's keys as they were at one time. */
export interface KeySet {
  readonly issuer: string;
  readonly find: LocalJWKSet;
}

export interface IssuerKeysOptions {
  /** Whose keys they are, for sentences: `the issuer https://…`. */
  readonly subject: string;
  /** Asks the issuer. @throws Error whose message is a part of a sentence */
  readonly load: (signal: AbortSignal) => Promise<IssuerDocument>;
  /** The keys are others than before. */
  readonly onChange: () => void;
  readonly log: Logger;
  /** For tests. */
  readonly times?: Partial<IssuerTimes>;
}

/** In milliseconds. */
export interface IssuerTimes {
  /** How often keys are asked for without need, so that one that is taken back counts no more. */
  readonly refreshMs: number;
  /** How soon after a failure they are asked for again; twice as long after each further one, up to `refreshMs`. */
  readonly retryMs: number;
  /** How long after asking a token with an unknown key is no reason to ask again. */
  readonly cooldownMs: number;
  /** How long asking may take, all together. */
  readonly deadlineMs: number;
}

const TIMES: IssuerTimes = { refreshMs: 5 * 60_000, retryMs: 2000, cooldownMs: 10_000, deadlineMs: 10_000 };

/** So many callers wait for keys at one time, each with its request; more are to come again. */
const MAX_WAITING = 1024;
/** More keys than any issuer has. */
const MAX_KEYS = 100;

/**
 * The keys of one issuer. They are asked for at once, and again and again; those that are known go on counting while the
 * issuer does not answer. However many tokens with unknown keys come, the issuer is asked once in a while.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #times: IssuerTimes;
  readonly #ending = new AbortController();
  #current: KeySet | undefined;
  /** The keys as text, to tell whether they have changed. */
  #text: string | undefined;
  #error: string | undefined;
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;
  #failures = 0;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    void this.#ask();
  }

  /** The keys that are known; undefined: none yet. */
  get current(): KeySet | undefined {
    return this.#current;
  }

  /** Why they cannot be had, a sentence; undefined: they could when they were last asked for. */
  get error(): string | undefined {
    return this.#error;
  }

  /** The keys. @throws CredentialError unavailable: they cannot be had */
  async known(): Promise<KeySet> {
    if (this.#current === undefined) await this.#askOnceInAWhile(this.#times.retryMs);
    if (this.#current === undefined) throw this.#unavailable();
    return this.#current;
  }

  /**
   * Keys that are newer than some in which a token's is not.
   * @returns undefined: there are none
   * @throws CredentialError unavailable: that cannot be told
   */
  async newerThan(keys: KeySet): Promise<KeySet | undefined> {
    if (this.#current === keys) await this.#askOnceInAWhile(this.#times.cooldownMs);
    if (this.#current !== keys) return this.#current;
    if (this.#error !== undefined) throw this.#unavailable();
    return undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  #unavailable(): CredentialError {
    const says = `Whether the token is good cannot be told now: the keys of ${this.#options.subject} cannot be had. Try again later.`;
    return new CredentialError('unavailable', says);
  }

  /** @throws CredentialError unavailable: as many wait for the answer as may */
  async #askOnceInAWhile(pauseMs: number): Promise<void> {
    if (this.#asking === undefined && performance.now() - this.#askedAt < pauseMs) return;
    if (this.#waiting >= MAX_WAITING) throw this.#unavailable();
    this.#waiting++;
    try {
      await this.#ask();
    } finally {
      this.#waiting--;
    }
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#load().finally(() => {
      this.#asking = undefined;
      this.#askedAt = performance.now();
      this.#askLater();
    });
    return this.#asking;
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    if (this.#ending.signal.aborted) return;
    const { refreshMs, retryMs } = this.#times;
    const ms = this.#failures === 0 ? refreshMs : Math.min(refreshMs, retryMs * 2 ** (this.#failures - 1));
    this.#timer = setTimeout(() => void this.#ask(), ms).unref();
  }

  async #load(): Promise<void> {
    const { load, log, subject } = this.#options;
    const { signal } = this.#ending;
    try {
      const document = await load(AbortSignal.any([signal, AbortSignal.timeout(this.#times.deadlineMs)]));
      this.#take(document);
      if (this.#failures > 0) log.info(`The keys of ${subject} can be had again.`);
      this.#failures = 0;
      this.#error = undefined;
    } catch (cause) {
      if (signal.aborted) return;
      this.#failures++;
      const error = `The keys of ${subject} cannot be had: ${reasonOf(cause, this.#times.deadlineMs)}.`;
      if (error !== this.#error) log.warn(error, { known: this.#current !== undefined });
      this.#error = error;
    }
  }

  #take({ issuer, keys }: IssuerDocument): void {
    if (!Array.isArray(keys.keys) || keys.keys.length === 0) throw new Error('there are none in its answer');
    if (keys.keys.length > MAX_KEYS) throw new Error(`it has ${keys.keys.length}, expected at most ${MAX_KEYS}`);
    const text = JSON.stringify([issuer, keys.keys]);
    if (text === this.#text) return;
    const find = createLocalJWKSet({ keys: keys.keys });
    const isFirst = this.#current === undefined;
    this.#text = text;
    this.#current = { issuer, find };
    this.#options.log.info(`The keys of ${this.#options.subject} are taken.`, { keys: keys.keys.length });
    if (!isFirst) this.#options.onChange();
  }
}

function reasonOf(error: unknown, deadlineMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${deadlineMs} ms`;
  return error.message.slice(0, 512).replace(/\.$/, '');
}
