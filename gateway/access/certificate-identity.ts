/** What of a certificate says whose it is. */
export interface NamedCertificate {
  /** As Node writes it, such as `URI:spiffe://a/b, DNS:c`; undefined: there is none. */
  readonly alternatives: string | undefined;
  readonly commonName: string | undefined;
}

/**
 * Whose a client's certificate is: its first URI (as of SPIFFE), else its first DNS name or e-mail address; if it has no
 * alternative names at all, its common name.
 * @returns undefined: nobody's. What looks like a URI and is none is no name: a CA may be freer with the others.
 */
export function certificateIdentity({ alternatives, commonName }: NamedCertificate): string | undefined {
  if (alternatives === undefined) return plain(commonName);
  const names = alternativeNames(alternatives);
  const uri = names.find(({ type }) => type === 'URI');
  if (uri !== undefined) return uri.name === '' ? undefined : uri.name;
  return plain(names.find(({ type }) => type === 'DNS' || type === 'email')?.name);
}

function plain(name: string | undefined): string | undefined {
  return name === undefined || name === '' || name.includes('://') ? undefined : name;
}

/** A name with a comma or a quote in it stands as a JSON string, so that it cannot be taken for two. */
const ALTERNATIVE = /([A-Za-z][A-Za-z0-9 ]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

function alternativeNames(text: string): { readonly type: string; readonly name: string }[] {
  return [...text.matchAll(ALTERNATIVE)].map(([, type = '', value = '']) => ({
    type,
    name: value.startsWith('"') ? (JSON.parse(value) as string) : value,
  }));
}
