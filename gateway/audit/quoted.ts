/** What stands in a JSON string as it is, and is one visible character of ASCII. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Characters that show nothing, or change how others are shown: controls, directions, ends of lines, what has no meaning. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
/** The most characters of a text from outside. */
const MAX_LENGTH = 256;

/**
 * A text from outside as a JSON string, of one line whatever is in it, and cut to a sensible length.
 * @param most characters that are kept
 */
export function quoted(text: string, most = MAX_LENGTH): string {
  const kept = text.length > most ? `${text.slice(0, most)}…` : text;
  return PLAIN.test(kept) ? `"${kept}"` : visible(JSON.stringify(kept));
}

/** JSON text with escapes for what is not seen in it; its strings mean the same. */
export function visible(json: string): string {
  return json.replaceAll(UNSEEN, (character) => {
    let escapes = '';
    for (let i = 0; i < character.length; i++) {
      escapes += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }
    return escapes;
  });
}
