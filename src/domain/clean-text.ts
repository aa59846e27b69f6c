/** C0 and C1 controls, DEL, the line separators, and halves of surrogate pairs: nothing a terminal should be handed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|[\ud800-\udfff]/gu

/** Embeddings, overrides and isolates. The marks (LRM, RLM, ALM) stay: they are part of honest right-to-left text. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/gu

/**
 * Text from outside, safe to show: controls and escape sequences become visible as \uXXXX, bidirectional overrides are
 * dropped. With `lines`, newlines and tabs are kept (CR LF as one newline); without, they too are made visible.
 */
export function visible(text: string, options: { lines?: boolean } = {}): string {
  const shown = options.lines === true ? text.replaceAll('\r\n', '\n') : text
  return shown
    .replace(BIDI_CONTROLS, '')
    .replace(INVISIBLE, (c) => (options.lines === true && (c === '\n' || c === '\t') ? c : escaped(c)))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
