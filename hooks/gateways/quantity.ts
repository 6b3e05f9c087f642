/**
 * Writes a container's resource quantity as Kubernetes stores it. `1000m` is stored as `1`, `1024Mi` as `1Gi`; a child that
 * said it otherwise would differ from what is stored at each sync, and be written again forever.
 *
 * The rules (apimachinery: resource.ParseQuantity, Quantity.CanonicalizeBytes; core/v1: SetDefaults_ResourceList): what is
 * finer than a thousandth is rounded up to one; a text that looks canonical is kept as it is; any other is written without
 * fraction, with the largest suffix that needs none, in the notation that it came in.
 *
 * @returns undefined if the text is no quantity, or has a sign, which no resource needs
 */
export function canonicalQuantity(quantity: string | number): string | undefined {
  const text = String(quantity).trim();
  const match = /^(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const parts = { digits: `${whole.replace(/^0+/, '') || '0'}${fraction}`, fraction: fraction.length, suffix };
  const millis = toMillis(parts);
  if (millis === 0n) return '0';
  if (isKept(parts)) return text;
  // A binary quantity that is small or not whole is written as a decimal one.
  if (isBinary(suffix) && millis >= 1024n * 1000n && millis % 1000n === 0n) return binary(millis / 1000n);
  return decimal(millis, isExponent(suffix));
}

interface Parts {
  /** Those before the point, without leading zeros, and those after it. */
  readonly digits: string;
  /** How many of them stand after it. */
  readonly fraction: number;
  readonly suffix: string;
}

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

function isBinary(suffix: string): boolean {
  return suffix.endsWith('i');
}

function isExponent(suffix: string): boolean {
  return /^[eE][+-]?\d/.test(suffix);
}

/** The power of ten that a decimal suffix stands for. */
function exponentOf(suffix: string): number {
  return isExponent(suffix) ? Number(suffix.slice(1)) : (DECIMAL_SUFFIXES.indexOf(suffix) - 3) * 3;
}

/** Whether ParseQuantity takes the text for canonical: a heuristic of Kubernetes', followed to the letter. */
function isKept({ digits, fraction, suffix }: Parts): boolean {
  if (isBinary(suffix)) return fraction === 0 && digits.length <= 9 && BigInt(digits) % 8n !== 0n;
  const scale = exponentOf(suffix) - fraction;
  return scale >= -3 && scale % 3 === 0 && digits.length <= 18 && !digits.endsWith('000') && !digits.startsWith('0');
}

function toMillis({ digits, fraction, suffix }: Parts): bigint {
  const scale = 10n ** BigInt(fraction);
  if (isBinary(suffix)) {
    return ceilDivide(BigInt(digits) * 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix)) * 1000n, scale);
  }
  const exponent = exponentOf(suffix) + 3;
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? ceilDivide(BigInt(digits), scale * power) : ceilDivide(BigInt(digits) * power, scale);
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

function decimal(millis: bigint, asExponent: boolean): string {
  let digits = millis;
  let exponent = -3;
  while (digits % 1000n === 0n && exponent < 18) {
    digits /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${digits}` : `${digits}e${exponent}`;
  return `${digits}${DECIMAL_SUFFIXES[exponent / 3 + 3] ?? ''}`;
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
