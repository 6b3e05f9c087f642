/**
 * Whose a request is, as a text that no two callers share. A gateway that authenticates nobody has one caller: what it
 * hands out is then good for whoever holds it.
 */
export const ANONYMOUS = 'anonymous';
