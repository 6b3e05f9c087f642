/** What stands for a value that is not written. */
export const REDACTED = '[redacted]';

/** Parts of names, in small letters and digits alone, whose values let one act as someone else. */
const secretParts = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'pwd',
  'secret',
  'token',
  'authorization',
  'apikey',
  'accesskey',
  'privatekey',
  'secretkey',
  'signingkey',
  'encryptionkey',
  'credential',
  'cookie',
  'bearer',
  'signature',
  'sessionid',
  'connectionstring',
];
/** The same, as whole names: within others they mean something else. */
const secretNames = new Set(['auth', 'jwt', 'otp', 'pin', 'pass', 'sig']);

/** Whether a member's name says that its value is a secret. Spelling does not matter: `api-key`, `API_KEY`, `apiKey`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return secretNames.has(plain) || secretParts.some((part) => plain.includes(part));
}

/** Texts that are credentials by their form: of an Authorization header, a JWT, a private key, keys of well-known makes. */
const CREDENTIAL =
  /^\s*(?:bearer|basic|token)\s+\S|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|AKIA|AIza)[\w-]{12,}/i;

/** Whether a text is, or holds, what looks like a credential. */
export function isCredential(text: string): boolean {
  return CREDENTIAL.test(text);
}

/** A URI without what lets one act as someone else: who it names, and values in its query whose names say secrets. */
export function withoutSecrets(uri: string): string {
  if (isCredential(uri)) return REDACTED;
  if (!uri.includes('?') && !uri.includes('@') && !uri.includes('#')) return uri;
  return uri
    .replace(/^([^:/?#]+:\/\/)[^/?#]*@/, `$1${REDACTED}@`)
    .replaceAll(/([?&;#])([^=&;#]+)=([^&;#]*)/g, (whole, mark: string, name: string) =>
      isSecretName(name) ? `${mark}${name}=${REDACTED}` : whole,
    );
}
