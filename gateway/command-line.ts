import { describeVariables } from './config.ts';

/** What the command line asks of the gateway's process. */
export type Command =
  | { readonly action: 'serve' }
  /** Print the text (on standard error unless `exitCode` is 0) and end. */
  | { readonly action: 'print'; readonly text: string; readonly exitCode: number };

/**
 * Reads the arguments after the script's name. The gateway is configured by its environment alone; `--help` lists it.
 * @param version of this build, for --version
 */
export function parseCommandLine(argv: readonly string[], version: string): Command {
  const [first] = argv;
  if (first === undefined) return { action: 'serve' };
  if (first === '--help' || first === '-h') return { action: 'print', text: help(version), exitCode: 0 };
  if (first === '--version') return { action: 'print', text: `fetchfy-gateway ${version}\n`, exitCode: 0 };
  const text = `Unknown argument "${first}"; expected --help or --version, or none to serve.\n`;
  return { action: 'print', text, exitCode: 2 };
}

function help(version: string): string {
  return `fetchfy-gateway ${version}
Serves the MCP servers and agents of a Gateway's registry as one MCP server.

Usage: node gateway/main.ts [--help | --version]

${describeVariables()}
`;
}
