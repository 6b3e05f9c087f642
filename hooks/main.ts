import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { FastifyInstance } from 'fastify';
import { environment } from '../gateway/contract/environment.ts';
import { ConfigError, type ListenAddress } from '../gateway/contract/variables.ts';
import { buildAdmin } from './admin.ts';
import { tlsContext } from '../mounts/tls.ts';
import { buildApp } from './app.ts';
import { describeVariables, readConfig, type HooksConfig } from './config.ts';
import { createReportFetcher } from './gateways/fetch-reports.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { acceptedTokens } from './tokens.ts';

const [argument] = process.argv.slice(2);
if (argument === '--help' || argument === '-h') {
  process.stdout.write(help());
} else if (argument === '--version') {
  process.stdout.write(`fetchfy-hooks ${version()}\n`);
} else if (argument !== undefined) {
  process.stderr.write(`Unknown argument "${argument}"; expected --help or --version, or none to serve.\n`);
  process.exitCode = 2;
} else {
  await start();
}

async function start(): Promise<void> {
  try {
    await serve(readConfig(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    process.exitCode = 2;
  }
}

/** Serves the hooks until SIGTERM or SIGINT; then answers what has come in, and ends. */
async function serve(config: HooksConfig): Promise<void> {
  const logger = createLogger(config.log);
  const { metrics, registry } = createMetrics();
  const reports = createReportFetcher({ onReport: (answered) => metrics.observeReport(answered) });
  const tls =
    config.tlsDir === undefined ? undefined : tlsContext(config.tlsDir, logger, { secret: `in ${environment.tlsDir}` });
  const tokens = config.tokenDir === undefined ? undefined : acceptedTokens(config.tokenDir, logger);
  const app = buildApp({
    gatewayImage: config.gatewayImage,
    fetchReports: reports.fetchReports,
    logger,
    metrics,
    ...(tls === undefined ? {} : { tls }),
    ...(tokens === undefined ? {} : { tokens }),
  });
  let ready = false;
  const admin = buildAdmin({
    metrics: registry,
    whyNotReady: () => {
      if (!ready) return 'The hooks are starting or ending.';
      return tls?.isUsable === false ? (tls.status().error ?? 'There is no TLS certificate.') : undefined;
    },
  });
  const close = async () => {
    await Promise.all([app.close(), admin.close(), reports.close()]);
    tls?.close();
    tokens?.close();
  };

  let ending: Promise<void> | undefined;
  const end = (signal: NodeJS.Signals) => {
    ending ??= (async () => {
      logger.info(`Ending on ${signal}.`);
      ready = false;
      // The admin port tells until the last call is answered.
      await app.close();
      await close();
    })();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  let address: string;
  let adminAddress: string;
  try {
    adminAddress = await listen(admin, config.adminListen, environment.adminListen);
    address = await listen(app, config.listen, environment.listen);
  } catch (error) {
    await close();
    throw error;
  }
  ready = true;
  logger.info(`The hooks of Fetchfy ${version()} listen.`, {
    address,
    adminAddress,
    gatewayImage: config.gatewayImage,
  });
}

/**
 * Listens on both families for `[::]`; where the kernel has no IPv6, on IPv4 alone.
 * @throws ConfigError that names the variable if the address cannot be had
 */
async function listen(app: FastifyInstance, address: ListenAddress, variable: string): Promise<string> {
  try {
    return await app.listen(address);
  } catch (error) {
    if (address.host === '::' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT') {
      return listen(app, { ...address, host: '0.0.0.0' }, variable);
    }
    throw new ConfigError([`${variable}: ${(error as Error).message}; expected an address that is free.`]);
  }
}

function help(): string {
  return `fetchfy-hooks ${version()}
Answers Metacontroller's webhooks for Gateways (gateways.fetchfy.ai).

Usage: node hooks/main.ts [--help | --version]

Environment:
${describeVariables()}
`;
}

/** The version of this build, from the package.json nearest above this file (also when it runs compiled, from dist/). */
function version(): string {
  const path = findPackageJSON(import.meta.url);
  const found = JSON.parse(path === undefined ? '{}' : readFileSync(path, 'utf8')) as { version?: string };
  if (found.version === undefined)
    throw new Error(`No package.json with a version stands above ${import.meta.filename}.`);
  return found.version;
}
