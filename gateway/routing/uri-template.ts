/** URIs beyond this many characters fit no template: matching them would cost more than it is worth. */
const MAX_URI = 4096;

/** A URI template as far as routing needs it. */
export interface UriTemplate {
  /** How many characters of it are literal: of two that match, the one with more says more of the URI. */
  readonly literalLength: number;
  /** Whether the URI could come from the template. */
  matches(uri: string): boolean;
}

/** What stands at one place of a template: a literal, text without a slash, or any text. */
type Part = string | typeof SEGMENT | typeof ANY;
const SEGMENT = Symbol('text without a slash');
const ANY = Symbol('any text');

/**
 * Reads a URI template (RFC 6570) as far as routing needs: an expression stands for any text, `{name}` for text without a
 * slash. Literal parts must match.
 *
 * Templates are written by servers and URIs by clients: a regular expression made of the one could be led to try for ever
 * by the other, so the places that are reached are kept as a set, and the cost is their two lengths multiplied at most.
 */
export function uriTemplate(template: string): UriTemplate {
  const parts: Part[] = template
    .split(/(\{[^{}]*\})/)
    .filter((part) => part !== '')
    .map(toPart);
  const [first] = parts;
  const prefix = typeof first === 'string' ? first : '';
  const literals = parts.filter((part) => typeof part === 'string');
  return {
    literalLength: literals.reduce((sum, literal) => sum + literal.length, 0),
    matches: (uri) => uri.length <= MAX_URI && uri.startsWith(prefix) && fits(parts, uri),
  };
}

function toPart(text: string): Part {
  if (!/^\{.*\}$/s.test(text)) return text;
  // Reserved, fragment, path, query and matrix expressions, and exploded ones, may hold slashes.
  return /^\{[+#/?&;.]/.test(text) || text.includes('*') ? ANY : SEGMENT;
}

function fits(parts: readonly Part[], uri: string): boolean {
  /** The offsets of the URI up to which the parts so far can reach, ascending. */
  let reached: number[] = [0];
  for (const part of parts) {
    reached = typeof part === 'string' ? afterLiteral(part, uri, reached) : afterText(part, uri, reached);
    if (reached.length === 0) return false;
  }
  return reached.at(-1) === uri.length;
}

function afterLiteral(literal: string, uri: string, reached: readonly number[]): number[] {
  return reached.filter((at) => uri.startsWith(literal, at)).map((at) => at + literal.length);
}

function afterText(part: typeof SEGMENT | typeof ANY, uri: string, reached: readonly number[]): number[] {
  const next: number[] = [];
  for (const start of reached) {
    // What begins within an earlier text ends where that does.
    if (start <= (next.at(-1) ?? -1)) continue;
    for (let at = start; at <= uri.length; at++) {
      next.push(at);
      if (part === SEGMENT && uri[at] === '/') break;
    }
  }
  return next;
}
