/**
 * Characters that people do not see and models read: what is written in them passes the eyes of whoever approves of a
 * tool (tag characters spell out ASCII; zero-width characters and variation selectors carry bits; bidirectional controls
 * have a text read otherwise than it stands). Those that writing needs are not meant: joiners in emoji sequences and
 * between letters of scripts that join, direction marks in right-to-left text, variation selectors behind what they vary
 * (Unicode 16, chapters 9, 12 and 23; UTS #51, Emoji).
 */

/** A text of these alone needs no second look. */
const PLAIN = /^[\t\n\r\u{20}-\u{7e}]*$/u;
const SUSPECT = /[[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\u{fff9}-\u{fffb}]--[\t\n\r]]/gv;
const LINE_BREAK = /[\t\n\r]/g;
/** Flags of regions spell their names in tag characters; there are three. */
const TAG_SEQUENCE = /\p{RGI_Emoji_Tag_Sequence}/gv;

/** In these a joiner chooses the form of the letters beside it. */
const JOINING =
  /(?=[\p{L}\p{M}])[\p{scx=Arabic}\p{scx=Syriac}\p{scx=Mandaic}\p{scx=Mongolian}\p{scx=Nko}\p{scx=Phags_Pa}\p{scx=Adlam}\p{scx=Hanifi_Rohingya}\p{scx=Devanagari}\p{scx=Bengali}\p{scx=Gurmukhi}\p{scx=Gujarati}\p{scx=Oriya}\p{scx=Tamil}\p{scx=Telugu}\p{scx=Kannada}\p{scx=Malayalam}\p{scx=Sinhala}\p{scx=Tibetan}\p{scx=Myanmar}\p{scx=Khmer}\p{scx=Balinese}\p{scx=Javanese}]/v;
/** These are written without spaces: a zero-width space says where a line may break. */
const WITHOUT_SPACES = /[\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/v;
const RIGHT_TO_LEFT = /(?=\p{L})[\p{scx=Arabic}\p{scx=Hebrew}\p{scx=Syriac}\p{scx=Thaana}\p{scx=Nko}\p{scx=Adlam}]/v;

const EMOJI = /\p{Emoji}/u;
const PICTOGRAPH = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;
/** What standardized variation sequences vary, beside emoji. */
const VARIED =
  /[[\p{Sm}\p{scx=Han}\p{scx=Myanmar}\p{scx=Phags_Pa}\p{scx=Mongolian}]--\p{Default_Ignorable_Code_Point}]/v;
const HAN = /\p{scx=Han}/u;
const MONGOLIAN = /(?=\p{L})\p{scx=Mongolian}/u;

/**
 * The characters of a text that are hidden, each once, as `U+200B`, in the order of their first place.
 * @param isLine whether the text has one line, as names do: tabs and line breaks are hidden in it
 */
export function hiddenCharacters(text: string, isLine = false): readonly string[] {
  const breaks = isLine ? (text.match(LINE_BREAK) ?? NONE) : NONE;
  const found = PLAIN.test(text) ? breaks : [...breaks, ...suspectsOf(text.replaceAll(TAG_SEQUENCE, '\u{1f3f4}'))];
  return found.length === 0 ? NONE : [...new Set(found.map(codePoint))];
}

/** Whether a text has any character that may be hidden; tabs and line breaks apart. */
export function mayHide(text: string): boolean {
  return !PLAIN.test(text) && text.search(SUSPECT) >= 0;
}

/** The text with what may be hidden in it written out, for people: `ec‹U+200B›ho`. */
export function shown(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll(SUSPECT, (each) => `‹${codePoint(each)}›`);
}

function suspectsOf(text: string): string[] {
  const found: string[] = [];
  let isRightToLeft: boolean | undefined;
  for (const { 0: character, index } of text.matchAll(SUSPECT)) {
    const before = characterBefore(text, index);
    const behind = characterAt(text, index + character.length);
    const isNeeded = DIRECTION_MARKS.has(character)
      ? !DIRECTION_MARKS.has(before) && (isRightToLeft ??= RIGHT_TO_LEFT.test(text))
      : isNeededBetween(character, before, behind) || (character === ZWJ && joinsEmoji(text, index, before, behind));
    if (!isNeeded) found.push(character);
  }
  return found;
}

const NONE: readonly string[] = [];
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const ZWSP = '\u{200b}';
const ZWNJ = '\u{200c}';
const ZWJ = '\u{200d}';
const EMOJI_STYLE = '\u{fe0f}';
const TEXT_STYLE = '\u{fe0e}';
const DIRECTION_MARKS = new Set(['\u{200e}', '\u{200f}', '\u{61c}']);

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function characterAt(text: string, index: number): string {
  const point = text.codePointAt(index);
  return point === undefined ? '' : String.fromCodePoint(point);
}

function characterBefore(text: string, index: number): string {
  const isPair = index > 1 && (text.codePointAt(index - 2) ?? 0) > 0xffff;
  return index === 0 ? '' : characterAt(text, index - (isPair ? 2 : 1));
}

/** Whether a character stands where writing needs it. */
function isNeededBetween(character: string, before: string, behind: string): boolean {
  switch (character) {
    case ZWNJ:
    case ZWJ:
      return JOINING.test(before) || (JOINING.test(behind) && !IGNORABLE.test(before));
    case ZWSP:
      return WITHOUT_SPACES.test(before) && WITHOUT_SPACES.test(behind);
    case EMOJI_STYLE:
    case TEXT_STYLE:
      return EMOJI.test(before) || VARIED.test(before);
    default:
      if (character >= '\u{fe00}' && character <= '\u{fe0d}') return VARIED.test(before);
      if (/[\u{e0100}-\u{e01ef}]/u.test(character)) return HAN.test(before);
      return /[\u{180b}-\u{180f}]/u.test(character) && (MONGOLIAN.test(before) || MONGOLIAN.test(behind));
  }
}

/** A skin tone or a variation selector may stand between an emoji and the joiner behind it. */
function joinsEmoji(text: string, index: number, before: string, behind: string): boolean {
  const base = before === EMOJI_STYLE ? characterBefore(text, index - before.length) : before;
  return PICTOGRAPH.test(base) && PICTOGRAPH.test(behind);
}
