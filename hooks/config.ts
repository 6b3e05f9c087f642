import { environment } from '../gateway/contract/environment.ts';
import {
  adminListenVariable,
  describeVariable,
  folder,
  listenVariable,
  logFormat,
  logLevel,
  VariableReader,
  type ListenAddress,
  type LogFormat,
  type LogLevel,
  type Variable,
} from '../gateway/contract/variables.ts';

/** What the environment says, read once when the process starts. */
export interface HooksConfig {
  /** The image of the gateways' containers. */
  readonly gatewayImage: string;
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress;
  /** Set: HTTPS, with the certificate of this folder. */
  readonly tlsDir?: string;
  /** Set: a call must show one of the tokens in this folder. */
  readonly tokenDir?: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

const HOOKS_PORT = 8080;

const gatewayImage: Variable<string> = {
  name: environment.gatewayImage,
  kind: {
    expected: 'an image reference, such as registry.example.com/fetchfy:1.0.0',
    // The grammar of references in short; what it lets through wrongly the kubelet names.
    parse: (text) => (/^[a-z0-9][\w.:/@-]{0,511}$/.test(text) ? text : undefined),
  },
  required: true,
  description: "The image of the gateways' containers.",
};
const listen = listenVariable(HOOKS_PORT, 'Where it serves the hooks.');
const adminListen = adminListenVariable('Where it serves probes and metrics.');
const tlsDir: Variable<string> = {
  name: environment.tlsDir,
  kind: folder,
  description: 'Holds tls.crt and tls.key. Set: HTTPS, else HTTP.',
};
const tokenDir: Variable<string> = {
  name: environment.tokenDir,
  kind: folder,
  description: 'Holds tokens, one a file. Set: calls must show one.',
};

/**
 * Reads the configuration of the hooks. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is wrong, what was found and what was expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): HooksConfig {
  const variables = new VariableReader(env);
  const tls = variables.optional(tlsDir);
  const token = variables.optional(tokenDir);
  const config = {
    gatewayImage: variables.read(gatewayImage),
    listen: variables.read(listen),
    adminListen: variables.read(adminListen),
    ...(tls === undefined ? {} : { tlsDir: tls }),
    ...(token === undefined ? {} : { tokenDir: token }),
    log: { level: variables.read(logLevel), format: variables.read(logFormat) },
  };
  variables.finish();
  return config;
}

/** Two lines for each variable, for --help. */
export function describeVariables(): string {
  return [gatewayImage, listen, adminListen, tlsDir, tokenDir, logLevel, logFormat].map(describeVariable).join('\n');
}
