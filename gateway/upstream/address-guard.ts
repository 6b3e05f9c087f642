import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isPrivateAddress, isSameAddress, specialAddress, type SpecialAddress } from '../contract/special-addresses.ts';
import { OutboundError } from './outbound-error.ts';

export interface AddressGuardOptions {
  /** Whether servers may be on this machine: local mode, and tests. The gateway's own ports stay closed. */
  readonly allowLoopback: boolean;
  /** The API server as this pod knows it: a URL. */
  readonly apiServerUrl?: string | undefined;
  /** Resolves names; the system's resolver if absent. */
  readonly resolve?: typeof resolve;
}

const described: Readonly<Record<SpecialAddress, string>> = {
  loopback: 'a loopback address',
  unspecified: 'an unspecified address',
  'link-local': 'a link-local address',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  metadata: "the address of a cloud's metadata service",
};

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Decides whether an address may be dialled, for all that the gateway dials on others' word. It is asked when a connection is
 * made, of the very address that is then dialled: what a name stood for before does not matter.
 */
export class AddressGuard {
  readonly #options: AddressGuardOptions;
  readonly #apiServer: readonly HostAndPort[];
  #apiServers: readonly HostAndPort[] = [];
  #ownPorts: readonly number[] = [];

  constructor(options: AddressGuardOptions) {
    this.#options = options;
    const { apiServerUrl } = options;
    this.#apiServer = apiServerUrl === undefined ? [] : [placeOf(new URL(apiServerUrl))];
  }

  /** Takes where the API server is, by the registry; `host:port`. */
  takeApiServers(apiServers: readonly string[]): void {
    this.#apiServers = apiServers.map(hostAndPort);
  }

  /** Takes the ports that this process listens on. */
  takeOwnPorts(ports: readonly number[]): void {
    this.#ownPorts = ports;
  }

  /** @param isPublicOnly whether addresses of private networks are refused, too @throws OutboundError if an IP address may not be dialled */
  check(address: string, port: number, isPublicOnly = false): void {
    const refusal = this.#refusal(address, port, isPublicOnly);
    if (refusal !== undefined) throw refused(`${address} is ${refusal}`);
  }

  /**
   * Resolves a name for `net.connect` to those of its addresses that may be dialled.
   * @param isPublicOnly as for `check`
   */
  lookup(port: number, isPublicOnly = false): LookupFunction {
    const resolveName = this.#options.resolve ?? resolve;
    return (hostname, options: LookupOptions, callback) => {
      resolveName(hostname, { ...options, all: true }, (error, found) => {
        if (error !== null) return callback(error, []);
        const refusals = new Map<LookupAddress, string | undefined>();
        for (const each of found) refusals.set(each, this.#refusal(each.address, port, isPublicOnly));
        const allowed = found.filter((each) => refusals.get(each) === undefined);
        const [first] = allowed;
        if (first === undefined) {
          const [[worst, why] = []] = refusals;
          return callback(refused(`${hostname} resolves to ${worst?.address ?? 'nothing'}, which is ${why}`), []);
        }
        if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    };
  }

  #refusal(address: string, port: number, isPublicOnly: boolean): string | undefined {
    // What is no address is refused by whoever connects.
    if (isIP(address) === 0) return undefined;
    const special = specialAddress(address);
    const isHere = special === 'loopback' || special === 'unspecified';
    if (special !== undefined && !(isHere && this.#options.allowLoopback && !isPublicOnly)) return described[special];
    const isOwnPort = this.#ownPorts.includes(port);
    if (isOwnPort && (isHere || isOwnAddress(address))) return 'this gateway itself';
    for (const api of [...this.#apiServer, ...this.#apiServers]) {
      if (api.port === port && isSameAddress(api.host, address)) return "the cluster's API server";
    }
    if (isPublicOnly && isPrivateAddress(address)) return 'an address of a private network';
    return undefined;
  }
}

function isOwnAddress(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return own.some((each) => isSameAddress(each.address, address));
}

function refused(what: string): OutboundError {
  return new OutboundError('ERR_OUTBOUND_ADDRESS', `${what}: the gateway never connects to such an address`);
}

/** A URL leaves out the port that is its scheme's own. */
function placeOf({ hostname, port, protocol }: URL): HostAndPort {
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usual : Number(port) };
}

/** @param text `host:port`, IPv6 in brackets */
export function hostAndPort(text: string): HostAndPort {
  const at = text.lastIndexOf(':');
  const host = text.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(text.slice(at + 1)) };
}
