import fc from 'fast-check';
import t from 'tap';
import { hiddenCharacters, mayHide, shown } from '../../../gateway/upstream/hidden-text.ts';

t.test('what nobody sees is found', async (t) => {
  for (const [what, text, found] of [
    ['tag characters', 'Adds.\u{e0049}\u{e0067}\u{e006e}', ['U+E0049', 'U+E0067', 'U+E006E']],
    ['a tag sequence that is no flag', '\u{1f3f4}\u{e0072}\u{e006d}\u{e007f}', ['U+E0072', 'U+E006D', 'U+E007F']],
    ['a zero-width space between letters', 'a\u{200b}b', ['U+200B']],
    ['a joiner between Latin letters', 'a\u{200d}b\u{200c}c', ['U+200D', 'U+200C']],
    ['a second joiner between Arabic letters', 'م\u{200c}\u{200c}م\u{200c}\u{200d}', ['U+200C', 'U+200D']],
    ['a joiner with an emoji on one side only', '😀\u{200d}a', ['U+200D']],
    ['controls of direction, whatever the script', 'שלום \u{202e}abc\u{202c} \u{2066}', ['U+202E', 'U+202C', 'U+2066']],
    ['marks of direction in a text that runs left to right', 'a\u{200f}b\u{61c}', ['U+200F', 'U+061C']],
    ['a variation selector behind a letter', 'a\u{fe0f}\u{fe01}', ['U+FE0F', 'U+FE01']],
    ['more than one behind an emoji', '😀\u{fe0f}\u{fe0e}\u{e0101}', ['U+FE0E', 'U+E0101']],
    ['supplementary ones but behind Han', 'a\u{e0100}', ['U+E0100']],
    ['invisible operators and word joiners', '1\u{2062}x\u{2060}\u{feff}', ['U+2062', 'U+2060', 'U+FEFF']],
    ['a soft hyphen, a grapheme joiner, a filler', 'a\u{ad}b\u{34f}\u{3164}', ['U+00AD', 'U+034F', 'U+3164']],
    ['control characters', 'a\u{0}b\u{1b}[8m\u{7f}\u{85}', ['U+0000', 'U+001B', 'U+007F', 'U+0085']],
    ['half a character', 'a\u{d800}', ['U+D800']],
    ['each once', 'a\u{200b}\u{200b}\u{200b}', ['U+200B']],
  ] as const) {
    t.strictSame(hiddenCharacters(text), found, what);
    t.ok(mayHide(text));
  }
});

t.test('what writing needs is not', async (t) => {
  for (const text of [
    'Plain text,\n\twith line breaks\r\n',
    'Größe — “naïve” … 日本語 한국어 ไทย',
    '😀 👍🏽 ❤️ ✔︎ ☎️ 1️⃣ #️⃣ ©️',
    '👨‍👩‍👧‍👦 👩🏽‍🚀 🧔🏻‍♀️ 🏳️‍🌈 🏴‍☠️ ❤️‍🔥 👁️‍🗨️ 🐻‍❄️ 👩‍❤️‍💋‍👨',
    '🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿',
    'می‌خواهم نمی‌دانم ه‍ ‍ه',
    'क्‍ष क्‌ष শক্‌তি ශ්‍රී മലയാളം ന്‍ ಕ್‍',
    'שלום\u{200f}! مرحبا\u{200e} (API)\u{61c}',
    'ភាសា\u{200b}ខ្មែរ ภาษา\u{200b}ไทย',
    '葛󠄀城 ≨︀ 邉󠄂',
    'ᠮᠣᠩᠭᠣᠯ᠎ᠠ ᠠ᠋',
  ]) {
    t.strictSame(hiddenCharacters(text), [], text);
  }
});

t.test('in a text of one line, as a name is, line breaks are hidden', async (t) => {
  t.strictSame(hiddenCharacters('a\nb\tc', true), ['U+000A', 'U+0009']);
  t.strictSame(hiddenCharacters('a\nb\u{200b}', true), ['U+000A', 'U+200B']);
});

t.test('what is hidden is written out for people', async (t) => {
  t.equal(shown('ec\u{200b}ho\u{e0041}'), 'ec‹U+200B›ho‹U+E0041›');
  t.equal(shown('plain'), 'plain');
});

t.test('nothing is found in text without such characters, and all that is smuggled in Latin text is', async () => {
  const plain = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ 019.,é漢字😀🚀שم')) });
  fc.assert(fc.property(plain, (text) => hiddenCharacters(text).length === 0 && !mayHide(text)));
  const smuggled = fc.oneof(
    fc.integer({ min: 0xe0000, max: 0xe007f }),
    fc.integer({ min: 0xe0100, max: 0xe01ef }),
    fc.integer({ min: 0xfe00, max: 0xfe0f }),
    fc.integer({ min: 0x200b, max: 0x200f }),
    fc.integer({ min: 0x202a, max: 0x202e }),
    fc.integer({ min: 0x2060, max: 0x206f }),
    fc.constantFrom(0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0xfeff, 0xffa0, 0x7, 0x9b),
  );
  const latin = fc.stringMatching(/^[a-zA-Z .]{0,8}[a-z]$/);
  fc.assert(
    fc.property(latin, fc.array(smuggled, { minLength: 1 }), latin, (before, points, behind) => {
      const text = `${before}${String.fromCodePoint(...points)}${behind}`;
      const found = points.map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`);
      return JSON.stringify(hiddenCharacters(text)) === JSON.stringify([...new Set(found)]);
    }),
    { numRuns: 1000 },
  );
});

t.test('any text at all is looked through, and what is written out hides nothing', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, isLine) => {
      const found = hiddenCharacters(text, isLine);
      return (
        found.every((each) => /^U\+[0-9A-F]{4,6}$/.test(each)) &&
        hiddenCharacters(shown(text)).length === 0 &&
        (isLine || found.length === 0 || mayHide(text))
      );
    }),
  );
});
