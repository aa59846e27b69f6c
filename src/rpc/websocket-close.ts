/** What a close frame may carry, and how its codes pass through a WHATWG client. */

export interface Closing {
  code: number
  reason: string
}

/** RFC 6455 5.5: a control frame holds 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 123

/** A WHATWG client may send 1000 and 3000-4999 only, so it sends the other standard codes this much higher. */
const CLIENT_SHIFT = 3_000

/** The reason, cut to what a close frame holds. */
export function cutReason(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason
  // A letter cut in two becomes U+FFFD, which is dropped.
  return Buffer.from(reason)
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\uFFFD$/, '')
}

/** The code a WHATWG client sends for `code`. */
export function clientCode(code: number): number {
  return code > 1000 && code < 2000 ? code + CLIENT_SHIFT : code
}

/** The code that was meant, on either end. */
export function meantCode(code: number): number {
  return code > 4000 && code < 5000 ? code - CLIENT_SHIFT : code
}
