import { uriTemplate } from '../routing/uri-template.ts';
import { PatternSet } from './pattern.ts';

/**
 * Another spelling of a URI that a server may take for the same resource (RFC 3986, section 6.2.2): the scheme in lower
 * case, percent-encodings decoded, dot segments resolved, and `\` for what it is to some readers.
 * @returns the URI itself, mostly; undefined if it climbs over its own root: servers differ in where that leads
 */
export function plainUri(uri: string): string | undefined {
  if (!/^[^:/]*[A-Z]|[%\\]|\/\.{1,2}(?:[/?#]|$)/.test(uri)) return uri;
  const decoded = decode(uri).replaceAll('\\', '/');
  const [, scheme = '', rest = decoded] = /^([A-Za-z][A-Za-z0-9+.-]*:)(.*)$/s.exec(decoded) ?? [];
  const [, authority = '', path = ''] = /^(\/\/[^/?#]*)?(.*)$/s.exec(rest) ?? [];
  const end = path.search(/[?#]/);
  const query = end < 0 ? '' : path.slice(end);
  const resolved = withoutDots(end < 0 ? path : path.slice(0, end));
  return resolved === undefined ? undefined : `${scheme.toLowerCase()}${authority}${resolved}${query}`;
}

/**
 * The other spellings of a URI that servers may take for the same resource: the plain one, and that of the WHATWG URL
 * Standard, by which servers of the SDKs read it. To that one a tab or a line break within is nothing, the case of a host
 * does not matter, and `file:a` is `file:///a`.
 * @returns none, mostly; undefined if one climbs over its own root
 */
export function otherSpellings(uri: string): readonly string[] | undefined {
  const plain = plainUri(uri);
  const read = plainUri(URL.parse(uri)?.href ?? uri);
  if (plain === undefined || read === undefined) return undefined;
  if (read === uri) return plain === uri ? NONE : [plain];
  return plain === uri || plain === read ? [read] : [plain, read];
}

const NONE: readonly string[] = [];

/** What is no encoding of a text stays as it is. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/** RFC 3986, section 5.2.4. @returns undefined: there are more of `..` than there is to leave */
function withoutDots(path: string): string | undefined {
  const segments = path.split('/');
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') {
      if (kept.length < 2) return undefined;
      kept.pop();
    }
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return kept.join('/');
}

/**
 * The resources that rules name. A value with an expression in braces is a URI template (RFC 6570): it means the template
 * of that text, and all URIs that fit it.
 */
export class ResourcePatterns {
  readonly #texts: PatternSet;
  readonly #templates: readonly { matches(uri: string): boolean }[];

  constructor(sources: readonly string[]) {
    const both = [...new Set(sources.flatMap((source) => [source, ...(otherSpellings(source) ?? [])]))];
    this.#texts = new PatternSet(both);
    this.#templates = both
      .filter((source) => /\{[^{}]+\}/.test(source))
      .map((source) => uriTemplate(withStars(source)));
  }

  /** Whether a spelling of a URI, or a template's text, is meant. */
  matches(uri: string): boolean {
    return this.#texts.matches(uri) || this.#templates.some((template) => template.matches(uri));
  }
}

/** The stars that stand outside of expressions, as expressions. */
function withStars(source: string): string {
  return source.replace(/\{[^{}]*\}|\*/g, (part) => (part === '*' ? '{+any}' : part));
}
