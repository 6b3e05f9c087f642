/**
 * Whether a URI could come from a URI template (RFC 6570), as far as routing needs: an expression stands for any text,
 * `{name}` for text without a slash. Literal parts must match.
 */
export function templateMatcher(template: string): (uri: string) => boolean {
  const parts = template.split(/(\{[^{}]*\})/);
  const pattern = parts.map((part) => {
    if (!part.startsWith('{')) return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    // Reserved, fragment, path, query and matrix expressions, and exploded ones, may hold slashes.
    return /^\{[+#/?&;.]/.test(part) || part.includes('*') ? '.*' : '[^/]*';
  });
  const expression = new RegExp(`^${pattern.join('')}$`, 'su');
  return (uri) => expression.test(uri);
}
