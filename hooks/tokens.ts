import { hash, timingSafeEqual } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { environment } from '../gateway/contract/environment.ts';
import { fileContent } from '../mounts/folder-files.ts';
import { watchFolder, type FolderWatchOptions } from '../mounts/folder-watch.ts';
import type { Logger } from './log.ts';

/** The tokens by which the hooks know Metacontroller. */
export interface AcceptedTokens {
  /**
   * What is wrong with the value of an `Authorization` header, as a sentence for whoever sent it; undefined: it shows one
   * of the tokens. How long it takes tells nothing of them.
   */
  faultOf(authorization: string | undefined): string | undefined;
  close(): void;
}

/** RFC 6750, section 2.1; a scheme's case does not matter (RFC 9110, section 11.1). */
const BEARER = /^Bearer +(?<token>\S+)$/i;

/**
 * Takes the tokens of a folder as a kubelet mounts a Secret: the content of each file is one, without white space around
 * it. All of them count, so that a new one can come before Metacontroller shows it, and an old one go after. What changes
 * in the folder counts at once; while there is none, nobody is let in.
 */
export function acceptedTokens(folder: string, log: Logger, watchOptions?: FolderWatchOptions): AcceptedTokens {
  let digests: readonly Buffer[] = [];
  let told: string | undefined;

  function load(): void {
    const { tokens, problem } = readTokens(folder);
    digests = tokens.map(({ token }) => digest(token));
    const state = problem ?? digests.map((each) => each.toString('hex')).join();
    if (state === told) return;
    told = state;
    if (problem === undefined) {
      log.info('The tokens of callers are taken.', { names: tokens.map(({ name }) => name) });
    } else {
      log.warn(`${problem} Every call is refused until a file in ${folder} (${environment.tokenDir}) holds a token.`);
    }
  }

  load();
  const watch = watchFolder(folder, load, watchOptions);
  return {
    faultOf(authorization) {
      if (authorization === undefined) return 'The header Authorization is missing: expected "Bearer" and a token.';
      const token = BEARER.exec(authorization)?.groups?.['token'];
      if (token === undefined) return 'The header Authorization is of another scheme: expected "Bearer" and a token.';
      if (digests.length === 0) return `The hooks hold no token to accept: ${environment.tokenDir} has none.`;
      return isAmong(digest(token), digests)
        ? undefined
        : `The token of the header Authorization is none of those that the hooks accept (${environment.tokenDir}).`;
    },
    close: () => watch.close(),
  };
}

/** Digests are of one length, whatever the tokens': comparing them tells nothing of that either. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** Looks at all of them, also after it has found one. */
function isAmong(shown: Buffer, accepted: readonly Buffer[]): boolean {
  let found = false;
  for (const each of accepted) found = timingSafeEqual(shown, each) || found;
  return found;
}

interface Tokens {
  readonly tokens: readonly { readonly name: string; readonly token: string }[];
  /** Why there is none. */
  readonly problem?: string;
}

function readTokens(folder: string): Tokens {
  let names: string[];
  try {
    // What begins with two dots is a kubelet's own: ..data, and the folder that it leads to.
    names = readdirSync(folder).filter((name) => !name.startsWith('..'));
  } catch (error) {
    return { tokens: [], problem: `The tokens cannot be read (${(error as NodeJS.ErrnoException).code}).` };
  }
  const tokens = names.sort().flatMap((name) => {
    const token = fileContent(folder, name)?.toString().trim();
    return token === undefined || token === '' ? [] : [{ name, token }];
  });
  if (tokens.length > 0) return { tokens };
  return { tokens, problem: names.length === 0 ? 'There is no token.' : `No token is in ${names.join(', ')}.` };
}
