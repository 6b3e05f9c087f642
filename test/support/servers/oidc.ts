/**
 * oidc-provider as an issuer of tokens, over TLS.
 *   node oidc.ts --issuer URL --tls FOLDER [--port N] [--host H]
 * FOLDER has `tls.crt` and `tls.key`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { oidcProvider } from './oidc-configuration.ts';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    issuer: { type: 'string', default: 'https://localhost' },
    tls: { type: 'string', default: '.' },
  },
});

const read = (file: string): Buffer => readFileSync(join(values.tls, file));
const answer = oidcProvider(values.issuer).callback();
const server = createServer({ cert: read('tls.crt'), key: read('tls.key') }, (request, response) => {
  void answer(request, response);
});
await serve(server, values);
