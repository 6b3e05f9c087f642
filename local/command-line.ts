import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What the command line asks of local mode. */
export type Command =
  | { readonly action: 'serve'; readonly port: number; readonly manifests: string }
  /** Print the text (on standard error unless `exitCode` is 0) and end. */
  | { readonly action: 'print'; readonly text: string; readonly exitCode: number };

export const DEFAULT_PORT = 8080;
export const EXAMPLES = fileURLToPath(new URL('../manifests/examples/local', import.meta.url));

/**
 * @param argv the arguments after the script's name
 * @param version of this build
 * @param folder where the person stands who typed it
 */
export function parseCommandLine(argv: readonly string[], version: string, folder: string): Command {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        manifests: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    }));
  } catch (error) {
    return wrong((error as Error).message);
  }
  if (values.help) return { action: 'print', text: help(version), exitCode: 0 };
  if (values.version) return { action: 'print', text: `fetchfy ${version}\n`, exitCode: 0 };
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || values.port === '') {
    return wrong(`--port is "${values.port}"; expected a port, 1 to 65535, or 0 for any free one.`);
  }
  return {
    action: 'serve',
    port,
    manifests: values.manifests === undefined ? EXAMPLES : resolve(folder, values.manifests),
  };
}

function wrong(message: string): Command {
  return { action: 'print', text: `${message}\nRun "npm start -- --help" for what there is.\n`, exitCode: 2 };
}

function help(version: string): string {
  return `fetchfy ${version}, local mode: the operator's hooks and a gateway over a folder of manifests, without a cluster.

Usage: npm start -- [--port PORT] [--manifests DIR]

  --port PORT      Where MCP clients connect, on 127.0.0.1 (default ${DEFAULT_PORT}; 0: any free port).
  --manifests DIR  Gateways and Services as YAML (default: manifests/examples/local of this project).
                   A server on this machine is a Service of type ExternalName to localhost.
  --version        Print the version.
  --help           Print this.

Environment:
  FETCHFY_LOG_LEVEL  debug, info, warn or error: also print what the gateway logs, from this level on, and its whole audit.
                     Who was refused, and why, is printed anyway where the Gateway has auth, or asks for it in audit.
`;
}
