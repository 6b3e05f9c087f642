import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { Test } from 'tap';
import type { JwtMethod } from '../../gateway/contract/access-policy.ts';
import { certificateAuthority } from './certificates.ts';
import { SecretFolder } from './secret-folder.ts';

/** A key of an issuer. */
export interface IssuerKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function issuerKey(algorithm: 'RS256' | 'ES256' = 'ES256'): IssuerKey {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid: randomUUID(), algorithm, ...pair };
}

/** What an issuer answers at a path. */
export interface IssuerAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface TestIssuerOptions {
  /** What the issuer's URL ends in, such as `/tenant`. */
  readonly path?: string;
  /** Where its metadata is, below its host. */
  readonly metadataPath?: string;
}

/**
 * An issuer of tokens over TLS, by a CA of its own, which says what a test has it say: it signs whatever claims it is given,
 * and what it answers can be changed.
 */
export class TestIssuer {
  readonly url: string;
  /** The keys that it gives out. */
  keys: IssuerKey[] = [issuerKey()];
  /** Nothing is answered. */
  isDown = false;
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /** What is answered instead. */
  readonly answers = new Map<string, IssuerAnswer>();
  /** A folder with its CA. */
  readonly caFolder: SecretFolder;
  readonly caPem: string;

  readonly #server: Server;

  private constructor(
    server: Server,
    caFolder: SecretFolder,
    caPem: string,
    { path = '', metadataPath }: TestIssuerOptions,
  ) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    this.#server = server;
    this.caFolder = caFolder;
    this.caPem = caPem;
    const metadata = metadataPath ?? `/.well-known/oauth-authorization-server${path}`;
    server.on('request', ({ url = '', socket }, response) => {
      this.asked.push(url);
      if (this.isDown) socket.destroy();
      else void this.#respond(url, metadata, response);
    });
  }

  /** Starts one that is there until it is closed. */
  static async open(options: TestIssuerOptions = {}): Promise<TestIssuer> {
    const authority = certificateAuthority(`Issuer CA ${randomUUID()}`);
    const server = createServer(authority.issue('127.0.0.1'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const caFolder = new SecretFolder();
    caFolder.write({ 'ca.crt': authority.cert });
    return new TestIssuer(server, caFolder, authority.cert, options);
  }

  /** Starts one that is there as long as a test. */
  static async start(t: Test, options?: TestIssuerOptions): Promise<TestIssuer> {
    const issuer = await TestIssuer.open(options);
    t.teardown(() => issuer.close());
    return issuer;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.caFolder.remove();
  }

  get jwksPath(): string {
    return '/keys';
  }

  get origin(): string {
    return new URL(this.url).origin;
  }

  /** The key that it signs with. */
  get key(): IssuerKey {
    return this.keys.at(-1) as IssuerKey;
  }

  /** The environment of a gateway that trusts it. */
  get env(): Record<string, string> {
    return { FETCHFY_CA_DIR: this.caFolder.path };
  }

  /** The method of a Gateway that takes its tokens. */
  method(changes: Partial<JwtMethod> = {}): { readonly jwt: JwtMethod } {
    return {
      jwt: {
        issuer: this.url,
        algorithms: ['RS256', 'ES256'],
        clockSkewSeconds: 1,
        userClaim: 'sub',
        groupsClaim: 'groups',
        scopesClaim: 'scope',
        allowPrivateAddresses: true,
        ...changes,
      },
    };
  }

  /** A token for an audience that is good for a minute, or what the claims say; one that is undefined is left out. */
  token(
    aud: string | undefined,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { kid, algorithm, privateKey } = this.key;
    const payload = { iss: this.url, sub: 'ada', aud, iat: now, exp: now + 60, ...claims };
    const stated = JSON.parse(JSON.stringify(payload)) as JWTPayload;
    return new SignJWT(stated).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(privateKey);
  }

  async #respond(path: string, metadataPath: string, response: ServerResponse): Promise<void> {
    const { status = 200, headers = {}, body } = await this.#answer(path, metadataPath);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #answer(path: string, metadataPath: string): Promise<IssuerAnswer> {
    const instead = this.answers.get(path);
    if (instead !== undefined) return instead;
    if (path === metadataPath) return { body: { issuer: this.url, jwks_uri: `${this.origin}${this.jwksPath}` } };
    if (path === this.jwksPath) return { body: { keys: await Promise.all(this.keys.map(publicJwk)) } };
    return { status: 404, body: {} };
  }
}

export async function publicJwk({ kid, algorithm, publicKey }: IssuerKey): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
}
