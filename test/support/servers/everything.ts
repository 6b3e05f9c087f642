/** Runs the npm package server-everything over streamable HTTP. It takes its port from PORT and prints no machine-readable URL. */
import diagnostics from 'node:diagnostics_channel';
import type { AddressInfo, Server } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { announce } from './program.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });

// What it logs must not mix with the URL line.
console.log = console.error;
process.env['PORT'] = values.port;
process.argv[2] = 'streamableHttp';

// With port 0 only the listening socket knows its number; Node tells it on this channel.
diagnostics.subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  announce((message as { server: Server }).server.address() as AddressInfo);
});

const root = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'));
await import(pathToFileURL(join(root, 'dist', 'index.js')).href);
process.once('SIGTERM', () => process.exit(0));
