import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { parseArgs } from 'node:util';
import { localhostHostValidation, localhostOriginValidation } from '@modelcontextprotocol/node';

/**
 * Serves a sample on 127.0.0.1 at the port that `--port` names, under /mcp, until the process is told to end.
 * Only this machine's own clients get in: a web page that was tricked into calling localhost is refused.
 */
export async function listen(handle: RequestListener): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port is ${values.port ?? 'missing'}; expected a port, 1 to 65535.`);
  }
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  const server = createServer((request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    if (request.url === '/mcp') handle(request, response);
    else response.writeHead(404).end('The MCP endpoint of this sample is /mcp.\n');
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
