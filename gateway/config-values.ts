import type { ValueKind } from './contract/variables.ts';

/** Where the registry document comes from. */
export type RegistryLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'configmap'; readonly namespace: string; readonly name: string };

/** What a timer of Node can hold. */
const MAX_DURATION_MS = 2 ** 31 - 1;

export { folder } from './contract/variables.ts';

export const objectName: ValueKind<string> = {
  expected: 'the name of a Kubernetes object (lower-case letters, digits and `-`, at most 63)',
  parse: (text) => (isDnsLabel(text) ? text : undefined),
};

export const objectUid: ValueKind<string> = {
  expected: 'the uid of a Kubernetes object (printable ASCII without spaces, at most 128 characters)',
  parse: (text) => (/^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined),
};

export const registryLocation: ValueKind<RegistryLocation> = {
  expected: 'configmap:NAMESPACE/NAME or directory:PATH',
  parse: (text) => {
    const [kind, rest] = splitOnce(text, ':');
    if (kind === 'directory') return rest === '' ? undefined : { kind, path: rest };
    const [namespace, name] = splitOnce(rest, '/');
    // A ConfigMap's name is a DNS subdomain; ours is a label with a suffix.
    const valid = kind === 'configmap' && isDnsLabel(namespace) && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name);
    return valid ? { kind: 'configmap', namespace, name } : undefined;
  },
};

/** A positive count. */
export const count: ValueKind<number> = {
  expected: 'a whole number of at least 1',
  parse: (text) => (/^\d{1,9}$/.test(text) && Number(text) >= 1 ? Number(text) : undefined),
};

/** A number of bytes, as Kubernetes writes quantities of memory. */
export const bytes: ValueKind<number> = {
  expected: 'a number of bytes of at least 1Ki, such as 4194304, 4096Ki or 4Mi',
  parse: (text) => {
    const match = /^(?<number>\d{1,12})(?<unit>Ki|Mi|Gi)?$/.exec(text);
    if (match?.groups === undefined) return undefined;
    const value = Number(match.groups['number']) * byteUnits[(match.groups['unit'] ?? '') as keyof typeof byteUnits];
    return value >= byteUnits.Ki && value <= 2 ** 31 ? value : undefined;
  },
};
const byteUnits = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 } as const;

/** A length of time, read as milliseconds. */
export const duration: ValueKind<number> = {
  expected: 'a duration such as 500ms, 60s, 1m30s or 2h, more than zero and at most 596h',
  parse: (text) => {
    if (!/^(?:\d{1,9}(?:ms|s|m|h))+$/.test(text)) return undefined;
    let total = 0;
    for (const [, number, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g)) {
      total += Number(number) * durationUnits[unit as keyof typeof durationUnits];
    }
    return total > 0 && total <= MAX_DURATION_MS ? total : undefined;
  },
};
const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function isDnsLabel(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

export const flag: ValueKind<boolean> = {
  expected: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};
