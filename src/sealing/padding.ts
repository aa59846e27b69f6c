import { SealError } from './seal-error.ts'

const STEP = 64
const LARGE_STEP = 1024
const MARK = 0x80

/** The length of {@link pad} for so many bytes. */
export function paddedLength(bytes: number): number {
  const step = bytes < LARGE_STEP ? STEP : LARGE_STEP
  return Math.ceil((bytes + 1) / step) * step
}

/**
 * Ciphertexts show the length of what is in them. Padded (ISO/IEC 7816-4: 0x80, then zeros) to a multiple of 64 bytes
 * up to 1 KiB and of 1 KiB beyond, a text of 16 KiB or less shows one of 32 lengths.
 */
export function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(bytes.length))
  padded.set(bytes)
  padded[bytes.length] = MARK
  return padded
}

/** Throws SealError `damaged` if the padding is not what {@link pad} adds. */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  if (padded[end] !== MARK) throw new SealError('damaged', 'padding')
  return padded.subarray(0, end)
}
