/** A JSON object as JSON.parse gave it: members that no specification knows are still there. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member if it is an object, else an empty one. */
export function objectMember(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/**
 * Whether a JSON value nests deeper than `limit` levels (a bare string is 1). It does not recurse, so that a value made
 * to break recursive readers cannot break this one.
 */
export function isDeeperThan(limit: number, root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const member of Array.isArray(value) ? value : Object.values(value)) next.push(member);
    }
    level = next;
  }
  return false;
}
