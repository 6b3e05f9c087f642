import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { readdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { join } from 'node:path';
import { connect, getCACertificates } from 'node:tls';
import { Agent, fetch as undiciFetch, type buildConnector } from 'undici';
import type { IssuerFetch } from './issuer-document.ts';

export interface IssuerFetchOptions {
  /** A folder with CAs (`*.crt`, `*.pem`) that are trusted beside the public ones; undefined: there are none. */
  readonly caDir: string | undefined;
  readonly allowsPrivate: boolean;
  /** Whether, with private addresses, those of this machine are allowed, too: local mode and tests. */
  readonly allowsLoopback: boolean;
}

const CONNECT_TIMEOUT_MS = 5000;

/** `fetch` for issuers, by whether they may be at addresses of private networks. */
export class IssuerFetches {
  readonly #options: Omit<IssuerFetchOptions, 'allowsPrivate'>;
  readonly #agents = new Map<boolean, Agent>();

  constructor(options: Omit<IssuerFetchOptions, 'allowsPrivate'>) {
    this.#options = options;
  }

  /**
   * `fetch` over TLS that is verified by the public CAs and the Gateway's own, to no address that is not allowed. The address
   * that is looked at is the one that is dialled.
   */
  of(allowsPrivate: boolean): IssuerFetch {
    let agent = this.#agents.get(allowsPrivate);
    if (agent === undefined) {
      const connect = connector({ ...this.#options, allowsPrivate });
      this.#agents.set(allowsPrivate, (agent = new Agent({ connect, keepAliveTimeout: 1000, connections: 4 })));
    }
    const dispatcher = agent;
    return async (url, init) => {
      const options = { ...init, dispatcher } as unknown as Parameters<typeof undiciFetch>[1];
      return await undiciFetch(url, options);
    };
  }

  async close(): Promise<void> {
    for (const agent of this.#agents.values()) await agent.destroy();
  }
}

function connector(options: IssuerFetchOptions): buildConnector.connector {
  return ({ hostname, port }, callback) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const refusal = isIP(host) === 0 ? undefined : refusalOf(host, options);
    if (refusal !== undefined) {
      queueMicrotask(() => callback(new Error(`${host} is ${refusal}`), null));
      return;
    }
    const socket = connect({
      host,
      port: Number(port) || 443,
      servername: isIP(host) === 0 ? host : '',
      lookup: guarded(options),
      // Read anew: connections to issuers are few, and the folder changes without notice.
      ca: [...getCACertificates('default'), ...casIn(options.caDir)],
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)),
      CONNECT_TIMEOUT_MS,
    );
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off('error', settle);
      if (error === null) callback(null, socket);
      else {
        socket.on('error', () => undefined);
        callback(error, null);
      }
    };
    socket.once('error', settle).once('secureConnect', () => settle(null));
  };
}

function guarded(options: IssuerFetchOptions): LookupFunction {
  return (hostname, lookupOptions: LookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const allowed = found.filter(({ address }) => refusalOf(address, options) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        const address = found[0]?.address ?? '';
        return callback(new Error(`${hostname} is ${address}, which is ${refusalOf(address, options)}`), []);
      }
      if (lookupOptions.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

const loopback = blockList('127.0.0.0/8 ::1/128');
/** RFC 1918, 6598 and 4193. */
const privates = blockList('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7');
/** Link-local with the metadata services of clouds, multicast, and what is no address of anyone. */
const never = blockList(
  '0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 198.18.0.0/15 224.0.0.0/3 100.100.100.200/32 168.63.129.16/32 ' +
    '::/128 fe80::/10 fec0::/10 ff00::/8 fd00:ec2::254/128 64:ff9b::/96',
);

/** Why an address may not be dialled; undefined: it may. */
export function refusalOf(
  address: string,
  options: Pick<IssuerFetchOptions, 'allowsPrivate' | 'allowsLoopback'>,
): string | undefined {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (never.check(address, family)) return 'an address that the gateway never connects to';
  if (loopback.check(address, family) && !(options.allowsPrivate && options.allowsLoopback))
    return 'an address of this machine';
  if (privates.check(address, family) && !options.allowsPrivate) {
    return "an address of a private network: expected allowPrivateAddresses in the issuer's method, if that is meant";
  }
  return undefined;
}

function blockList(ranges: string): BlockList {
  const list = new BlockList();
  for (const range of ranges.split(' ')) {
    const [address = '', bits = ''] = range.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function casIn(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  try {
    const files = readdirSync(folder).filter((name) => /^(?!\.\.).*\.(crt|pem)$/.test(name));
    return files.flatMap((file) => textOf(join(folder, file)) ?? []);
  } catch {
    return [];
  }
}

/** @returns undefined: it is gone, as one is whose folder is just being replaced */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
