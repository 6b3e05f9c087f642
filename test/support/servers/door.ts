/**
 * What stands before a server, in a pod: HTTPS, and a token that it asks for.
 *   node door.ts --to HOST:PORT --certificate BASE64 --token TOKEN [--port N] [--host H]
 * `--certificate`: JSON of `cert` and `key`, each PEM.
 */
import { parseArgs } from 'node:util';
import { doorServer, type DoorOptions } from './door-server.ts';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    to: { type: 'string', default: '' },
    certificate: { type: 'string', default: '' },
    token: { type: 'string', default: '' },
  },
});

const certificate = JSON.parse(Buffer.from(values.certificate, 'base64').toString()) as { cert: string; key: string };
const admit: DoorOptions['admit'] = ({ authorization }) => authorization === `Bearer ${values.token}`;
await serve(doorServer(values.to, { certificate, admit }), values);
