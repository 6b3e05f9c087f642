import { isIPv6 } from 'node:net';
import { ADMIN_PORT, environment } from './environment.ts';

/**
 * How hooks and gateway read the variables of their environment, and what both have in common of them: where they listen
 * and how they log.
 */

/** A kind of value: how it is written, and how it is read. */
export interface ValueKind<T> {
  /** What is expected, to be put after "expected". */
  readonly expected: string;
  /** undefined: the text is not such a value. */
  readonly parse: (text: string) => T | undefined;
}

/** One environment variable: what --help says of it, and how it is read. */
export interface Variable<T> {
  readonly name: string;
  readonly kind: ValueKind<T>;
  /** As a user would write it; absent: there is none. */
  readonly fallback?: string;
  readonly required?: true;
  readonly description: string;
}

/** A host and a port to listen on; port 0: a free one. */
export interface ListenAddress {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['json', 'text'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

/** The environment cannot be used; `problems` has one sentence for each variable that is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG_INVALID';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Reads variables and gathers what is wrong with them, so that all of it is told at once. */
export class VariableReader {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #problems: string[] = [];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** The value of a variable that is required or has a fallback. Where it is wrong the value is a hole: see `finish`. */
  read<T>(variable: Variable<T>): T {
    return this.optional(variable) as T;
  }

  /** The value of a variable; undefined where it is not set. One that is empty counts as not set. */
  optional<T>({ name, kind, fallback, required }: Variable<T>): T | undefined {
    const given = this.#env[name] === '' ? undefined : this.#env[name];
    const text = given ?? fallback;
    const value = text === undefined ? undefined : kind.parse(text);
    const isWrong = value === undefined && (given !== undefined || required === true);
    if (isWrong) {
      const found = given === undefined ? 'not set' : JSON.stringify(given);
      this.#problems.push(`${name} is ${found}; expected ${kind.expected}.`);
    }
    return value;
  }

  /** Adds what is wrong though each variable by itself is not. */
  problem(sentence: string): void {
    this.#problems.push(sentence);
  }

  /** To be called before anyone sees a hole. @throws ConfigError that names every variable that is wrong */
  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}

/** Two lines on a variable, for --help. */
export function describeVariable({ name, kind, fallback, required, description }: Variable<unknown>): string {
  const presence = required ? 'required' : fallback === undefined ? 'optional' : `default ${fallback}`;
  return `  ${name.padEnd(24)} ${description} (${presence})\n${' '.repeat(29)}${kind.expected}`;
}

const listenAddress: ValueKind<ListenAddress> = {
  expected: 'HOST:PORT, an IPv6 address in brackets, such as [::]:8080',
  parse: (text) => {
    const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s:[\]]+)):(?<port>\d{1,5})$/.exec(text);
    const { v6, host, port } = match?.groups ?? {};
    if (port === undefined || Number(port) > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined;
    return { host: v6 ?? host ?? '', port: Number(port) };
  },
};

export const folder: ValueKind<string> = {
  expected: 'the path of a folder',
  parse: (text) => (text.includes('\0') ? undefined : text),
};

function oneOf<const T extends string>(values: readonly T[]): ValueKind<T> {
  return { expected: values.join(' or '), parse: (text) => values.find((value) => value === text) };
}

/** Where a process listens for what it is there for. */
export function listenVariable(port: number, description: string): Variable<ListenAddress> {
  return { name: environment.listen, kind: listenAddress, fallback: `[::]:${port}`, description };
}

/** Where a process listens for those who look after it. */
export function adminListenVariable(description: string): Variable<ListenAddress> {
  return { name: environment.adminListen, kind: listenAddress, fallback: `[::]:${ADMIN_PORT}`, description };
}

export const logFormat: Variable<LogFormat> = {
  name: environment.logFormat,
  kind: oneOf(logFormats),
  fallback: 'json',
  description: 'How a log line is written.',
};

export const logLevel: Variable<LogLevel> = {
  name: environment.logLevel,
  kind: oneOf(logLevels),
  fallback: 'info',
  description: 'The least level that is logged.',
};
