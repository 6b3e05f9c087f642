import { isIPv6 } from 'node:net';
import { ADMIN_PORT, environment } from '../gateway/contract/environment.ts';
import { logFormats, logLevels } from './log.ts';

/** A host and a port to listen on; port 0: a free one. */
export interface ListenAddress {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
}

/** What the environment says, read once when the process starts. */
export interface HooksConfig {
  /** The image of the gateways' containers. */
  readonly gatewayImage: string;
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress;
  readonly log: {
    readonly level: (typeof logLevels)[number];
    readonly format: (typeof logFormats)[number];
  };
}

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

interface Variable<T> {
  readonly name: string;
  /** What is expected, to be put after "expected". */
  readonly expected: string;
  /** As a user would write it; absent: the variable must be set. */
  readonly fallback?: string;
  readonly description: string;
  /** undefined: the text is not such a value. */
  readonly parse: (text: string) => T | undefined;
}

const HOOKS_PORT = 8080;
const ADDRESS = 'HOST:PORT, an IPv6 address in brackets, such as [::]:8080';

const variables = {
  gatewayImage: {
    name: environment.gatewayImage,
    expected: 'an image reference, such as registry.example.com/fetchfy:1.0.0',
    description: "The image of the gateways' containers.",
    // The grammar of references in short; what it lets through wrongly the kubelet names.
    parse: (text) => (/^[a-z0-9][\w.:/@-]{0,511}$/.test(text) ? text : undefined),
  } satisfies Variable<string>,
  listen: {
    name: environment.listen,
    expected: ADDRESS,
    fallback: `[::]:${HOOKS_PORT}`,
    description: 'Where it serves the hooks.',
    parse: listenAddress,
  } satisfies Variable<ListenAddress>,
  adminListen: {
    name: environment.adminListen,
    expected: ADDRESS,
    fallback: `[::]:${ADMIN_PORT}`,
    description: 'Where it serves probes and metrics.',
    parse: listenAddress,
  } satisfies Variable<ListenAddress>,
  logLevel: {
    name: environment.logLevel,
    expected: logLevels.join(' or '),
    fallback: 'info',
    description: 'The least level that is logged.',
    parse: (text) => logLevels.find((level) => level === text),
  } satisfies Variable<(typeof logLevels)[number]>,
  logFormat: {
    name: environment.logFormat,
    expected: logFormats.join(' or '),
    fallback: 'json',
    description: 'How a log line is written.',
    parse: (text) => logFormats.find((format) => format === text),
  } satisfies Variable<(typeof logFormats)[number]>,
};

/**
 * Reads the configuration of the hooks. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is wrong, what was found and what was expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): HooksConfig {
  const problems: string[] = [];
  function read<T>({ name, expected, fallback, parse }: Variable<T>): T {
    const given = env[name] === '' ? undefined : env[name];
    const text = given ?? fallback;
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) {
      problems.push(`${name} is ${given === undefined ? 'not set' : JSON.stringify(given)}; expected ${expected}.`);
    }
    // Where this is undefined there is a problem, which is thrown below before anyone sees the hole.
    return value as T;
  }
  const config = {
    gatewayImage: read(variables.gatewayImage),
    listen: read(variables.listen),
    adminListen: read(variables.adminListen),
    log: { level: read(variables.logLevel), format: read(variables.logFormat) },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Two lines for each variable, for --help. */
export function describeVariables(): string {
  const described: Variable<unknown>[] = Object.values(variables);
  return described
    .map(({ name, expected, fallback, description }) => {
      const presence = fallback === undefined ? 'required' : `default ${fallback}`;
      return `  ${name.padEnd(24)} ${description} (${presence})\n${' '.repeat(27)}${expected}`;
    })
    .join('\n');
}

function listenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s:[\]]+)):(?<port>\d{1,5})$/.exec(text);
  const { v6, host, port } = match?.groups ?? {};
  if (port === undefined || Number(port) > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined;
  return { host: v6 ?? host ?? '', port: Number(port) };
}
