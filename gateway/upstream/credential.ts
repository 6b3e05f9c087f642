import { load } from 'js-yaml';
import { isJsonObject, type JsonObject } from './json.ts';

/** What is shown to one server. */
export interface Credential {
  /** Headers on every request, as undici takes them: name, value, name, value, …; none: it has only an exchange. */
  readonly headers: readonly string[];
  /** How the caller's own token becomes one for the server. */
  readonly exchange?: ExchangeSettings;
}

/** Token exchange (RFC 8693) for one server. */
export interface ExchangeSettings {
  /** https. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scope?: string;
}

/** A credential's text is not one. The message is a sentence that says what is wrong, and nothing of what the text holds. */
export class CredentialFileError extends Error {
  override readonly name = 'CredentialFileError';
  readonly code = 'ERR_CREDENTIAL_INVALID';
}

const MAX_BYTES = 64 * 1024;
const MAX_HEADERS = 16;
const MAX_VALUE = 16 * 1024;
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** RFC 9110, section 5.5, without obs-text: what is beyond ASCII is read in more ways than one. */
const VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;
/** RFC 6750, section 2.1. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;
const STATIC = ['bearer', 'basic', 'headers'] as const;

/** Headers that belong to the request, the connection or the protocol: a credential is none of them. */
const RESERVED = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'last-event-id',
  'origin',
  'forwarded',
  'via',
]);
const RESERVED_PREFIX = /^(mcp|a2a|proxy|sec|fetchfy)-|^x-forwarded-|^x-a2a-/;

/**
 * Reads a credential: YAML with at most one of `bearer`, `basic` and `headers`, and at most one `tokenExchange`.
 * @throws CredentialFileError
 */
export function readCredential(text: string): Credential {
  if (Buffer.byteLength(text) > MAX_BYTES) throw wrong(`has more than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = load(text);
  } catch {
    // What the parser says quotes the text.
    throw wrong('is not YAML');
  }
  const expected = 'expected one of bearer, basic and headers, tokenExchange, or both';
  if (!isJsonObject(value)) throw wrong(`is no mapping; ${expected}`);
  const given = STATIC.filter((member) => value[member] !== undefined);
  onlyMembers(value, [...STATIC, 'tokenExchange'], '');
  if (given.length > 1) throw wrong(`has ${given.join(' and ')}; expected one of them`);
  const exchange = value['tokenExchange'] === undefined ? undefined : readExchange(value['tokenExchange']);
  if (given.length === 0 && exchange === undefined) throw wrong(`has nothing to show; ${expected}`);
  return { headers: readHeaders(value, given[0]), ...(exchange && { exchange }) };
}

function readHeaders(value: JsonObject, kind: (typeof STATIC)[number] | undefined): string[] {
  if (kind === 'bearer') return ['authorization', `Bearer ${textOf(value, 'bearer', BEARER, 'a token of RFC 6750')}`];
  if (kind === 'basic') return ['authorization', `Basic ${readBasic(value['basic'])}`];
  if (kind === undefined) return [];
  const { headers } = value;
  if (!isJsonObject(headers)) throw wrong('has headers that are no mapping; expected names with their values');
  const entries = Object.keys(headers);
  if (entries.length === 0 || entries.length > MAX_HEADERS) {
    throw wrong(`has ${entries.length} headers; expected 1 to ${MAX_HEADERS}`);
  }
  const seen = new Set<string>();
  return entries.flatMap((name) => {
    const lower = name.toLowerCase();
    // A name that is none may be a value in the wrong place: it is not repeated.
    if (!TOKEN.test(name)) throw wrong('has a header whose name is no token of RFC 9110');
    if (RESERVED.has(lower) || RESERVED_PREFIX.test(lower)) {
      throw wrong(`has the header ${lower}, which is no credential's; expected one such as Authorization or X-API-Key`);
    }
    if (seen.has(lower)) throw wrong(`has the header ${lower} twice`);
    seen.add(lower);
    return [lower, textOf(headers, name, VALUE, 'printable ASCII on one line', `headers.${lower}`)];
  });
}

function readBasic(basic: unknown): string {
  if (!isJsonObject(basic)) throw wrong('has a basic that is no mapping; expected username and password');
  onlyMembers(basic, ['username', 'password'], 'basic.');
  // RFC 7617, section 2: no control characters, no colon in the user-id.
  // oxlint-disable-next-line no-control-regex
  const username = textOf(basic, 'username', /^[^\x00-\x1f\x7f:]+$/, 'text without ":"', 'basic.username');
  // oxlint-disable-next-line no-control-regex
  const password = textOf(basic, 'password', /^[^\x00-\x1f\x7f]*$/, 'text on one line', 'basic.password');
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function readExchange(value: unknown): ExchangeSettings {
  if (!isJsonObject(value)) throw wrong('has a tokenExchange that is no mapping');
  const optional = ['audience', 'resource', 'scope'] as const;
  onlyMembers(value, ['tokenUrl', 'clientId', 'clientSecret', ...optional], 'tokenExchange.');
  const member = (name: string): string =>
    textOf(value, name, /^[\x20-\x7e]+$/, 'printable ASCII', `tokenExchange.${name}`);
  const tokenUrl = member('tokenUrl');
  const url = URL.canParse(tokenUrl) ? new URL(tokenUrl) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw wrong('has a tokenExchange.tokenUrl that is no https URL without user and fragment');
  }
  return {
    tokenUrl,
    clientId: member('clientId'),
    clientSecret: member('clientSecret'),
    ...Object.fromEntries(optional.flatMap((name) => (value[name] === undefined ? [] : [[name, member(name)]]))),
  };
}

function textOf(value: JsonObject, name: string, form: RegExp, expected: string, path = name): string {
  const text = Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof text === 'string' && text.length <= MAX_VALUE && form.test(text)) return text;
  const found =
    text === undefined ? 'is missing' : typeof text === 'string' ? 'has another form' : 'is no text: put it in quotes';
  throw wrong(`is of no use: ${path} ${found}; expected ${expected}`);
}

function onlyMembers(value: JsonObject, known: readonly string[], prefix: string): void {
  const unknown = Object.keys(value).filter((name) => !known.includes(name)).length;
  // Not named: it may be a secret in the wrong place.
  const found = unknown === 1 ? 'an unknown member' : `${unknown} unknown members`;
  if (unknown > 0) throw wrong(`has ${found}; known are ${known.map((name) => prefix + name).join(', ')}`);
}

function wrong(what: string): CredentialFileError {
  return new CredentialFileError(`It ${what}.`);
}
