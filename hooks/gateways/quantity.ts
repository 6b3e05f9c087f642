/**
 * Writes a resource quantity as Kubernetes stores it (apimachinery: resource.Quantity.CanonicalizeBytes): without
 * fraction, with the largest suffix that needs none, in the notation that it came in. `1000m` is stored as `1`, `1024Mi`
 * as `1Gi`; a child that said it otherwise would differ from what is stored at each sync, and be written again forever.
 *
 * @returns undefined if the text is no quantity, or is negative, which no resource may be
 */
export function canonicalQuantity(quantity: string | number): string | undefined {
  const match = /^\+?(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/.exec(String(quantity).trim());
  if (match === null) return undefined;
  const [, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const nanos = toNanos(whole, fraction, suffix);
  if (nanos === 0n) return '0';
  if (suffix.endsWith('i') && nanos >= 1024n * NANO) return binary(ceilDivide(nanos, NANO));
  const { digits, exponent } = decimal(nanos);
  // A binary quantity below 1024 is written as a decimal one.
  if (/^[eE][+-]?\d/.test(suffix)) return exponent === 0 ? `${digits}` : `${digits}e${exponent}`;
  return `${digits}${DECIMAL_SUFFIXES.get(exponent) ?? ''}`;
}

const NANO = 10n ** 9n;
const DECIMAL_SUFFIXES = new Map([
  [-9, 'n'],
  [-6, 'u'],
  [-3, 'm'],
  [0, ''],
  [3, 'k'],
  [6, 'M'],
  [9, 'G'],
  [12, 'T'],
  [15, 'P'],
  [18, 'E'],
]);
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The value in billionths, the finest that Kubernetes keeps; what is finer is rounded up. */
function toNanos(whole: string, fraction: string, suffix: string): bigint {
  const digits = BigInt(`${whole}${fraction}`);
  const scale = 10n ** BigInt(fraction.length);
  if (suffix.endsWith('i')) {
    const factor = 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix));
    return ceilDivide(digits * factor * NANO, scale);
  }
  const exponent = /^[eE][+-]?\d/.test(suffix)
    ? Number(suffix.slice(1))
    : ([...DECIMAL_SUFFIXES].find(([, name]) => name === suffix)?.[0] ?? 0);
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? ceilDivide(digits * NANO, scale * power) : ceilDivide(digits * power * NANO, scale);
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** The number without its factors of a thousand, and the power of ten that they were. */
function decimal(nanos: bigint): { digits: bigint; exponent: number } {
  let digits = nanos;
  let exponent = -9;
  while (digits % 1000n === 0n && exponent < 18) {
    digits /= 1000n;
    exponent += 3;
  }
  return { digits, exponent };
}

function binary(value: bigint): string {
  let digits = value;
  let power = 0;
  while (digits % 1024n === 0n && power < 6) {
    digits /= 1024n;
    power++;
  }
  return `${digits}${BINARY_SUFFIXES[power] ?? ''}`;
}
