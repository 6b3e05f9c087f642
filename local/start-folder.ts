import { relative } from 'node:path';

/** Where the person stands who started this: npm itself goes to the package's folder first. */
export const startFolder = process.env['INIT_CWD'] ?? process.cwd();

/** A path as that person would write it. */
export function shown(path: string): string {
  const short = relative(startFolder, path);
  if (short === '') return '.';
  return short.startsWith('..') ? path : short;
}
