import { ANONYMOUS, type Principal } from '../../gateway/access/principal.ts';

/** A caller by a name, which is its id, too. */
export function principal(name: string, changes: Partial<Principal> = {}): Principal {
  return { ...ANONYMOUS, id: name, name, ...changes };
}
