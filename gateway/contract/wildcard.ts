/**
 * Whether a text fits a pattern in which `*` stands for any characters, also none. Each part between the first and the last is
 * found as early as may be: what comes later then has the most room, and nothing has to be tried again.
 * @param parts the pattern, split at its stars
 */
export function fitsParts(parts: readonly string[], text: string): boolean {
  const head = parts[0] as string;
  if (parts.length === 1) return text === head;
  const tail = parts.at(-1) as string;
  const end = text.length - tail.length;
  if (!text.startsWith(head) || !text.endsWith(tail) || end < head.length) return false;
  let from = head.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] as string;
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
