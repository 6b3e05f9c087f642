import { parseArgs } from 'node:util';

/** What to do with the cluster once it is up. */
export type Mode = 'scenarios' | 'shell' | 'keep';

export interface Options {
  mode: Mode;
  /** In the cluster that another process keeps. */
  attach: boolean;
  help: boolean;
  /** Of the cluster that is kept. */
  name: string;
  /** tap's reporter, if it shall not choose by itself. */
  reporter: string | undefined;
  /** Scenario files; none: all. */
  files: string[];
  /** Only scenarios whose name matches. */
  grep: string | undefined;
}

export const help = `Usage: node test/cluster/main.ts [options] [scenario files]

Starts a Kubernetes cluster on this machine, in namespaces of its own, runs the scenarios of test/cluster/scenarios in it,
and ends it. It needs root on Linux. What it is made of is built once and kept in \${XDG_CACHE_HOME:-~/.cache}/fetchfy-test;
images are rebuilt when what they are made from has changed.

  --shell           run a shell in the cluster instead: kubectl and ctr work, and Services answer under their names
  --keep            only start a cluster, and keep it until Ctrl-C
  --attach          run the scenarios, or with --shell a shell, in the cluster that --keep holds; images that have
                    changed are imported there first
  --name NAME       of the cluster to keep or to attach to, where there are several
  --grep PATTERN    only the scenarios whose name matches
  --reporter NAME   tap's reporter
  --help

Environment:
  FETCHFY_TEST_METACONTROLLER  an executable of Metacontroller; else the executable metacontroller in the cache folder
  FETCHFY_TEST_KUBECONFIG      use this cluster; nothing is started, and what would disturb others there is skipped

Everything that a test run starts ends with it, also when it is killed.`;

/** @throws Error that names a wrong option */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      shell: { type: 'boolean' },
      keep: { type: 'boolean' },
      attach: { type: 'boolean' },
      name: { type: 'string', default: 'kept' },
      grep: { type: 'string' },
      reporter: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.keep && (values.attach || values.shell || positionals.length > 0)) {
    throw new Error('--keep only starts a cluster; use another terminal and --attach to run something in it');
  }
  const mode = values.keep ? 'keep' : values.shell ? 'shell' : 'scenarios';
  return {
    mode,
    attach: values.attach === true,
    name: values.name,
    reporter: values.reporter,
    files: positionals,
    grep: values.grep,
    help: values.help,
  };
}
