/** An account number: ten digits, the first not 0, the last a Luhn check digit. A string everywhere. */
export type Uin = string & { readonly __brand: 'Uin' }

const UIN_LENGTH = 10

/** The Luhn check digit (ISO/IEC 7812-1) for a run of digits. */
function luhnDigit(digits: string): number {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    let digit = Number(digits[digits.length - 1 - i])
    if (i % 2 === 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2
    sum += digit
  }
  return (10 - (sum % 10)) % 10
}

/** Whether the text is exactly a valid UIN: no spaces, no dashes. */
export function isUin(text: string): text is Uin {
  return /^[1-9][0-9]{9}$/.test(text) && luhnDigit(text.slice(0, -1)) === Number(text.at(-1))
}

/** What a person typed, with spaces and dashes dropped, if it looks like a number at all; else null. */
export function uinDigits(text: string): string | null {
  const digits = text.replace(/[\s-]/g, '')
  return /^[0-9]+$/.test(digits) ? digits : null
}

/** A random UIN from nine uniformly random digits' worth of bytes (8 bytes are asked for). */
export function randomUin(bytes: (length: number) => Uint8Array): Uin {
  const raw = bytes(8)
  let value = 0n
  for (const byte of raw) value = (value << 8n) | BigInt(byte)
  const first = 1n + (value % 9n)
  const rest = ((value / 9n) % 100_000_000n).toString().padStart(UIN_LENGTH - 2, '0')
  const body = `${first}${rest}`
  return `${body}${luhnDigit(body)}` as Uin
}
