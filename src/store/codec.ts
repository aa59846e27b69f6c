/**
 * A row at rest is `<crc32 of key and JSON, 8 hex digits><JSON>`. LevelDB checks no checksum when it reads, and a row
 * that turns up under another key is as wrong as a row with another value.
 */
import { crc32 } from 'node:zlib'
import type { EngineOp } from './engine.ts'
import { describeKey } from './layout.ts'
import { StoreError } from './store.ts'

const CRC_DIGITS = 8

/** A value as JSON text. Throws TypeError for what JSON cannot hold at the top: undefined, a function, a symbol. */
export function toJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError('a value must be JSON')
  return json
}

export function putRow(key: string, json: string): EngineOp {
  return { type: 'put', key, value: checksum(key, json) + json }
}

/** The JSON text of a row. Throws StoreError 'damaged', naming the key space and never the value. */
export function openRow(key: string, row: string): string {
  const json = row.slice(CRC_DIGITS)
  if (row.slice(0, CRC_DIGITS) !== checksum(key, json)) {
    throw new StoreError('damaged', `${describeKey(key)} does not match its checksum`)
  }
  return json
}

/** The value of a row; fails as `openRow` does. */
export function decodeRow(key: string, row: string): unknown {
  const json = openRow(key, row)
  try {
    return JSON.parse(json)
  } catch {
    // The parser's own message quotes the text.
    throw new StoreError('damaged', `${describeKey(key)} is not JSON`)
  }
}

/** Of one after the other, which need not be joined for that. */
function checksum(key: string, json: string): string {
  const sum = crc32(json, crc32(key))
  return hexByte(sum >>> 24) + hexByte(sum >>> 16) + hexByte(sum >>> 8) + hexByte(sum)
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The lowest byte. From a table: `toString(16)` of a large number takes six times as long as the checksum of a short row. */
function hexByte(number: number): string {
  return HEX_BYTES[number & 0xff] ?? ''
}
