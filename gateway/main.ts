import { createGateway } from './app.ts';
import { parseCommandLine } from './command-line.ts';
import { readConfig, type GatewayConfig } from './config.ts';
import { ConfigError } from './contract/variables.ts';
import { LineWriter } from './line-writer.ts';
import { createLogger } from './log.ts';
import { readVersion } from './version.ts';

/** How long the last lines may take to be written when the gateway ends, in milliseconds. */
const LAST_LINES_MS = 5000;

const command = parseCommandLine(process.argv.slice(2), readVersion());
if (command.action === 'print') {
  (command.exitCode === 0 ? process.stdout : process.stderr).write(command.text);
  process.exitCode = command.exitCode;
} else await serve();

async function serve(): Promise<void> {
  const config = configOrExit();
  const stdout = new LineWriter(1);
  process.on('exit', () => stdout.flush());
  const log = createLogger({ ...config.log, write: (line) => stdout.write(line) });
  // One request's defect is not to end all others. An exception that nobody caught does: nobody knows then what is half done.
  process.on('unhandledRejection', (error) => {
    log.error('A defect of the gateway: nobody waited for a promise that failed. The gateway goes on.', { error });
  });
  const gateway = createGateway(config, log, (lines) => stdout.writeSoon(lines));
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    log.info(`${signal}: running work finishes, then the gateway ends.`, { withinMs: config.limits.drainTimeoutMs });
    gateway
      .close()
      .then(() => stdout.end(LAST_LINES_MS))
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error('The gateway did not end cleanly.', { error });
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    const { url, adminUrl } = await gateway.start();
    log.info('The gateway listens.', { url, adminUrl, version: readVersion() });
  } catch (error) {
    log.error('The gateway cannot start.', { error });
    process.exit(1);
  }
}

function configOrExit(): GatewayConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nRun with --help for all variables.\n`);
    process.exit(2);
  }
}
