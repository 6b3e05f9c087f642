/** The path of a request's target, without query and without a slash at its end. */
export function pathOf(target: string): string {
  // A proxy's form, with the whole URL, is to be taken too (RFC 9112, section 3.2.2).
  const url = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
