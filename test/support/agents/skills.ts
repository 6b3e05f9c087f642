import skills from './skills.json' with { type: 'json' };

/** The id of a skill: what it is called in the card, and the first word of a message that asks for it. */
export type SkillId = keyof typeof skills;

/** What the card says of each skill. The agent in Python reads the same file. */
export { skills };

/** What a message asks for. */
export interface Order {
  readonly skill: SkillId;
  /** What follows the skill's id; all of the text where none is named. */
  readonly rest: string;
}

/**
 * Reads the skill off the first word of a text: A2A has no field for it. A text that begins with no skill's id is echoed
 * whole, so that a test sees what arrived.
 */
export function orderOf(text: string): Order {
  const [, word = '', rest = ''] = /^\s*([a-z-]+)[:,.]?(?:\s+(.*))?$/s.exec(text) ?? [];
  return isSkillId(word) ? { skill: word, rest } : { skill: 'echo', rest: text };
}

function isSkillId(word: string): word is SkillId {
  return Object.hasOwn(skills, word);
}
