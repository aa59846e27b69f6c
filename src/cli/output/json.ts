/** DEL, C1 controls, line separators and bidirectional controls; JSON.stringify escapes the C0 controls itself. */
const HIDDEN = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of JSON in which no character can move a cursor or turn the reading direction. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value)
  return `${json.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}
