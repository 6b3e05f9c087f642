/**
 * oidc-provider as an issuer of tokens, over TLS.
 *   node oidc.ts --issuer URL --tls FOLDER [--claims JSON] [--port N] [--host H]
 * FOLDER has `tls.crt` and `tls.key`. `--claims`: what the tokens of some users say of them, `{"USER": {"CLAIM": VALUE}}`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { oidcProvider, type ClaimsOfUsers } from './oidc-configuration.ts';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    issuer: { type: 'string', default: 'https://localhost' },
    tls: { type: 'string', default: '.' },
    claims: { type: 'string', default: '{}' },
  },
});

const read = (file: string): Buffer => readFileSync(join(values.tls, file));
const claims = JSON.parse(values.claims) as ClaimsOfUsers;
const answer = oidcProvider(values.issuer, { claims }).callback();
const server = createServer({ cert: read('tls.crt'), key: read('tls.key') }, (request, response) => {
  void answer(request, response);
});
await serve(server, values);
