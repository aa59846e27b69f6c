/** Looking for a word in bytes, in whatever form it may stand there. */

/** The part of base64 that is the same whatever stands before and after the word, for each of its three places. */
function base64Forms(word: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), word])
      .toString('base64')
      .replace(/=+$/, '')
    const from = Math.ceil((before * 8) / 6)
    const upTo = Math.floor(((before + word.length) * 8) / 6)
    return whole.slice(from, upTo)
  })
}

const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')

/** Every form of an ASCII word that is searched for, by name. */
export function formsOf(word: string): ReadonlyMap<string, Buffer> {
  const raw = Buffer.from(word)
  const hex = raw.toString('hex')
  const utf16 = Buffer.from(word, 'utf16le')
  const escaped = [...word].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const forms = new Map<string, Buffer>([
    ['raw', raw],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ['UTF-16LE', utf16],
    ['UTF-16BE', Buffer.from(utf16).swap16()],
    ['JSON escapes', Buffer.from(escaped)],
    ['JSON ESCAPES', Buffer.from(escaped.replace(/[0-9a-f]{4}/g, (digits) => digits.toUpperCase()))],
    ['lower case', Buffer.from(word.toLowerCase())],
    ['upper case', Buffer.from(word.toUpperCase())],
    ['backwards', Buffer.from([...word].reverse().join(''))],
  ])
  for (const [place, text] of base64Forms(raw).entries()) {
    forms.set(`base64 ${place}`, Buffer.from(text))
    forms.set(`base64url ${place}`, Buffer.from(urlSafe(text)))
  }
  return forms
}

/** The forms in which a word stands in the bytes. */
export function findWord(word: string, bytes: Buffer): string[] {
  return [...formsOf(word)].flatMap(([name, form]) => (bytes.includes(form) ? [name] : []))
}
