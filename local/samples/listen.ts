import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { parseArgs } from 'node:util';
import { localhostHostValidation, localhostOriginValidation } from '@modelcontextprotocol/node';

/** The port that `--port` names. @throws Error if it names none */
export function portArgument(): number {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const port = Number(values.port);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`--port is ${values.port ?? 'missing'}; expected a port, 1 to 65535.`);
}

/**
 * Serves a sample on 127.0.0.1 at the port that `--port` names until the process is told to end.
 * Only this machine's own clients get in: a web page that was tricked into calling localhost is refused.
 * @param routes what is served, by path
 */
export async function listen(routes: Readonly<Record<string, RequestListener>>): Promise<void> {
  const port = portArgument();
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  const server = createServer((request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const path = request.url ?? '';
    const handle = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (handle !== undefined) handle(request, response);
    else response.writeHead(404).end(`This sample serves ${Object.keys(routes).join(' and ')}.\n`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
