import { isIP } from 'node:net';

/**
 * Addresses that are no server's in a cluster, or that answer to whoever reaches them: the hooks refuse Services that name
 * one, and the gateway never dials one, whatever a Service or a name server says.
 */

/** What is special about an address. */
export type SpecialAddress =
  /** The machine itself. */
  | 'loopback'
  /** "This host", which systems take for loopback. */
  | 'unspecified'
  /** The network that a machine is on, the cloud's metadata service (169.254.169.254) included. */
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  /** A cloud's metadata service at an address that is not link-local: it hands out credentials to whoever asks. */
  | 'metadata';

type Bytes = readonly number[];

interface Range {
  readonly prefix: Bytes;
  readonly bits: number;
}

const ipv4Kinds: readonly (readonly [string, SpecialAddress])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  // Alibaba Cloud, Oracle Cloud, and Azure's WireServer.
  ['100.100.100.200/32', 'metadata'],
  ['192.0.0.192/32', 'metadata'],
  ['168.63.129.16/32', 'metadata'],
];

const ipv6Kinds: readonly (readonly [string, SpecialAddress])[] = [
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
  // Amazon EC2, Google Cloud.
  ['fd00:ec2::254/128', 'metadata'],
  ['fd20:ce::254/128', 'metadata'],
];

/** Where an IPv6 address stands for an IPv4 address, and at which of its bytes that begins. */
const embeddings: readonly (readonly [string, number])[] = [
  // RFC 4291, sections 2.5.5.1 and 2.5.5.2: compatible, and mapped.
  ['::/96', 12],
  ['::ffff:0:0/96', 12],
  // RFC 2765: translated.
  ['::ffff:0:0:0/96', 12],
  // RFC 6052 and RFC 8215: NAT64.
  ['64:ff9b::/96', 12],
  ['64:ff9b:1::/48', 12],
  // RFC 3056: 6to4.
  ['2002::/16', 2],
];

/** RFC 1918, RFC 6598, RFC 4193. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(range);

/**
 * Where nodes and clouds answer their own machines, with credentials among the answers, as CIDRs by IP version: whoever has
 * no business there is kept from it by these.
 */
export const metadataRanges = { v4: metadataAmong(ipv4Kinds), v6: metadataAmong(ipv6Kinds) } as const;

const ipv4 = ipv4Kinds.map(([text, kind]) => ({ ...range(text), kind }));
const ipv6 = ipv6Kinds.map(([text, kind]) => ({ ...range(text), kind }));
const embedded = embeddings.map(([text, at]) => ({ ...range(text), at }));

/** What is special about an IP address, of IPv6 those that stand for one of IPv4 included; undefined: nothing, or it is none. */
export function specialAddress(address: string): SpecialAddress | undefined {
  const bytes = bytesOf(address);
  if (bytes === undefined) return undefined;
  const table = bytes.length === 4 ? ipv4 : ipv6;
  const found = table.find((each) => isWithin(bytes, each));
  if (found !== undefined) return found.kind;
  const inner = innerAddress(bytes);
  return inner === undefined ? undefined : ipv4.find((each) => isWithin(inner, each))?.kind;
}

/** Whether an IP address is one of a private network, as pods and Services have them. */
export function isPrivateAddress(address: string): boolean {
  const bytes = bytesOf(address);
  if (bytes === undefined) return false;
  const all = [bytes, innerAddress(bytes)].filter((each) => each !== undefined);
  return all.some((each) => privateRanges.some((one) => isWithin(each, one)));
}

/** Whether two texts are one IP address, however it is written; an IPv6 address equals the IPv4 address that it stands for. */
export function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [a, b].map((each) => {
    const bytes = bytesOf(each);
    return bytes === undefined ? each : (innerAddress(bytes) ?? bytes).join('.');
  });
  return left === right;
}

/** Most clouds have their metadata service at a link-local address. */
function metadataAmong(kinds: typeof ipv4Kinds): readonly string[] {
  return kinds.filter(([, kind]) => kind === 'link-local' || kind === 'metadata').map(([text]) => text);
}

function innerAddress(bytes: Bytes): Bytes | undefined {
  if (bytes.length !== 16) return undefined;
  const found = embedded.find((each) => isWithin(bytes, each));
  return found && bytes.slice(found.at, found.at + 4);
}

function isWithin(bytes: Bytes, { prefix, bits }: Range): boolean {
  if (bytes.length !== prefix.length) return false;
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff & (0xff << Math.max(0, 8 - (bits - i * 8)));
    if (((bytes[i] as number) & mask) !== ((prefix[i] as number) & mask)) return false;
  }
  return true;
}

function range(text: string): Range {
  const [address = '', bits] = text.split('/');
  return { prefix: bytesOf(address) ?? [], bits: Number(bits) };
}

/** The bytes of an IP address, without its zone; undefined: it is none. */
function bytesOf(address: string): Bytes | undefined {
  const [text = ''] = address.split('%');
  const version = isIP(text);
  if (version === 4) return text.split('.').map(Number);
  if (version !== 6) return undefined;
  // The WHATWG form has no dotted part.
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
