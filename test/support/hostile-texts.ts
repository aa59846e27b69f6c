/** Texts that want to be more than texts: for terminals, markup, shells, and whoever reads from right to left. */
import { type Random, seededRandom } from '../fuzz/random.ts'

const ESC = '\u001b'
const PIECES: readonly string[] = [
  // CSI, OSC, DCS, APC, PM, SOS, and what stands alone. im's own colours (2, 31, 32, 33) are not among them.
  `${ESC}[2J`,
  `${ESC}[1;35m`,
  `${ESC}[6n`,
  `${ESC}[?1049h`,
  `${ESC}[999;999H`,
  `${ESC}[200~rm -rf ~${ESC}[201~`,
  `${ESC}]0;title\u0007`,
  `${ESC}]52;c;ZXZpbA==${ESC}\\`,
  `${ESC}]8;;file:///etc/passwd${ESC}\\here${ESC}]8;;${ESC}\\`,
  `${ESC}P+q544e${ESC}\\`,
  `${ESC}_Gf=24${ESC}\\`,
  `${ESC}^pm${ESC}\\`,
  `${ESC}Xsos${ESC}\\`,
  `${ESC}c`,
  `${ESC}#8`,
  ESC,
  '\u009b2J',
  '\u009d0;title\u009c',
  '\u0090x\u009c',
  '\u0085',
  '\u0084',
  '\u0000',
  '\u0007',
  '\b\b\b\b',
  '\u000b\u000c',
  '\u000e\u000f',
  '\u007f',
  '\r',
  '\r\n',
  '\rim: all is well',
  '\n',
  '\nim: forged line [OK]',
  '\t',
  '\u2028forged',
  '\u2029',
  // Bidirectional controls, zero-width characters, tags, marks without end.
  '\u202egpj.exe',
  '\u202a\u202b\u202c\u202d',
  '\u2066\u2067\u2068\u2069',
  '\u2067evil\u2066',
  '\u200e\u200f\u061c',
  '\u200b\u200c\u200d\u2060\ufeff',
  '\u{e0041}\u{e007f}',
  `Z${'\u0310\u0489\u0327'.repeat(300)}`,
  `${'\u{1f468}\u200d'.repeat(60)}`,
  '\ufe0f\u20e3',
  '\ud800',
  '\udfff',
  '\udc00\ud800',
  '\uffff\ufffe',
  // Markup and entities.
  '<b>bold</b>',
  '&amp;&lt;&#27;&#x1b;',
  '<a href="file:///etc/passwd">x</a>',
  '<img src="http://evil.example/x">',
  ']]><!--',
  '"><script>alert(1)</script>',
  // Shells, formats, options, paths.
  '$(touch PWNED)',
  '`touch PWNED`',
  '; touch PWNED #',
  '| touch PWNED',
  '&& touch PWNED',
  '> PWNED',
  "$IFS$(touch$IFS'PWNED')",
  "'; touch PWNED; '",
  '"; touch PWNED; "',
  '\\n\\t\\101\\x1b[2J\\e[2J\\033[2J',
  '%s%n%d%x',
  '%PATH%',
  '--help',
  '-rf',
  '--',
  '-',
  '@file',
  '../../../etc/passwd',
  '__proto__',
  '{"v":1,"error":{}}',
  '包小柏 עברית ‏ é ß',
]

/** Each piece alone, at the front of others, and mixed: all different, the same for the same seed. */
export function hostileTexts(count: number, seed = 1): string[] {
  const random: Random = seededRandom(seed)
  const texts = new Set<string>(PIECES)
  while (texts.size < count) {
    const parts = Array.from({ length: 1 + random.int(5) }, () =>
      random.chance(0.2) ? `word${random.int(1000)}` : random.chance(0.1) ? control(random) : random.pick(PIECES),
    )
    texts.add(parts.join(random.pick(['', ' ', ''])))
  }
  return [...texts].slice(0, count)
}

function control(random: Random): string {
  const [from, length] = random.pick([
    [0, 0x20],
    [0x7f, 0x21],
    [0x2028, 7],
    [0x2066, 4],
    [0xd800, 0x800],
  ] as const)
  return String.fromCharCode(from + random.int(length))
}

/** C0 but newline and tab, DEL, C1, line separators, bidirectional overrides and isolates, halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
export const NEVER_SHOWN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|[\ud800-\udfff]/u
