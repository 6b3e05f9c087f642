import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate with its key, both as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that lives as long as its test. */
export interface CertificateAuthority {
  readonly cert: string;
  /** @param names DNS names, IP addresses, URIs and e-mail addresses; the first is the common name too */
  issue(...names: string[]): Certificate;
  /** As `issue`, but it ends at a time, in milliseconds since 1970. */
  issueUntil(validTo: number, ...names: string[]): Certificate;
  /** With a common name and no other. */
  issueNamed(commonName: string): Certificate;
  /** As `issue`, of yesterday. */
  issueExpired(...names: string[]): Certificate;
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Makes a certificate authority, so that tests need no tool beside Node for it. Keys are P-256, valid for a day around
 * now.
 */
export function certificateAuthority(name = 'Fetchfy test CA'): CertificateAuthority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const common = { issuer: name, signer: privateKey };

  function issueUntil(validTo: number, names: readonly string[], subject = names[0] ?? 'test'): Certificate {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const alternatives = extension(OID.subjectAltName, false, sequence(...names.map(generalName)));
    const parts = { ...common, subject, publicKey: pair.publicKey, validTo };
    const cert = certificate({ ...parts, extensions: names.length === 0 ? [] : [alternatives] });
    return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
  }

  const basicConstraints = extension(OID.basicConstraints, true, sequence(BOOLEAN_TRUE));
  const validTo = Date.now() + DAY_MS;
  return {
    cert: certificate({ ...common, subject: name, publicKey, validTo, extensions: [basicConstraints] }),
    issue: (...names) => issueUntil(validTo, names),
    issueUntil: (end, ...names) => issueUntil(end, names),
    issueNamed: (commonName) => issueUntil(validTo, [], commonName),
    issueExpired: (...names) => issueUntil(Date.now() - DAY_MS, names),
  };
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** Milliseconds since the epoch; it is valid from two days before. */
  readonly validTo: number;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280, section 4.1, as far as a test needs it. */
function certificate({ subject, issuer, publicKey, signer, validTo, extensions }: CertificateParts): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const signed = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    commonName(issuer),
    sequence(utcTime(validTo - 2 * DAY_MS), utcTime(validTo)),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', signed, signer);
  const der = sequence(signed, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Object identifiers, as DER writes them. */
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
} as const;

const BOOLEAN_TRUE = tlv(0x01, Buffer.from([0xff]));

/** One DER element: tag, length, content. */
function tlv(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return tlv(0x30, ...content);
}

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function commonName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(OID.commonName), tlv(0x0c, Buffer.from(name)))));
}

function utcTime(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [BOOLEAN_TRUE] : []), tlv(0x04, value));
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) return tlv(0x87, Buffer.from(name.split('.').map(Number)));
  if (name.includes('://')) return tlv(0x86, Buffer.from(name));
  if (name.includes('@')) return tlv(0x81, Buffer.from(name));
  if (name === '::1') return tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]));
  return tlv(0x82, Buffer.from(name));
}
