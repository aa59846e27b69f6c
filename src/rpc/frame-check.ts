import type { Answer, Request } from './message.ts'

/** Levels of arrays and objects a frame may have, the message itself being the first. */
export const MAX_DEPTH = 32

const MAX_METHOD_CHARS = 128
const MAX_ID_CHARS = 64

/** One text frame, read. A request without an id is a notification. */
export type Frame =
  | { kind: 'request'; message: Request }
  | { kind: 'answer'; message: Answer }
  | { kind: 'bad'; cause: string }

/**
 * Reads a frame as one JSON-RPC 2.0 message. Never throws. Stricter than the standard in three things: no batches, no
 * ids that are null or fractions, no keys through which a careless merge could reach a prototype.
 */
export function readFrame(text: string): Frame {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return bad('not JSON')
  }
  if (Array.isArray(value)) return bad('a batch')
  if (!isObject(value)) return bad('not an object')
  const fault = nestingFault(value, MAX_DEPTH)
  if (fault !== null) return bad(fault)
  if (value.jsonrpc !== '2.0') return bad('not JSON-RPC 2.0')
  return 'method' in value ? readRequest(value) : readAnswer(value)
}

/**
 * Why the value may not be passed on, or null. It looks at the parsed keys, since in the text they can be written with
 * escapes; walking the value costs less than searching the text (measured: 55 against 85 ns for 250 bytes).
 */
function nestingFault(value: unknown, levels: number): string | null {
  if (typeof value !== 'object' || value === null) return null
  if (levels === 0) return `nested deeper than ${MAX_DEPTH} levels`
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = nestingFault(item, levels - 1)
      if (fault !== null) return fault
    }
    return null
  }
  const object = value as Record<string, unknown>
  for (const key in object) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return `the key ${key}`
    const fault = nestingFault(object[key], levels - 1)
    if (fault !== null) return fault
  }
  return null
}

function readRequest(value: Record<string, unknown>): Frame {
  const { id, method, params } = value
  if (typeof method !== 'string' || method === '' || method.length > MAX_METHOD_CHARS) return bad('a wrong method')
  if ('result' in value || 'error' in value) return bad('a request that is an answer too')
  if ('id' in value && !isId(id)) return bad('a wrong id')
  if ('params' in value && (typeof params !== 'object' || params === null)) return bad('wrong params')
  return { kind: 'request', message: value as unknown as Request }
}

function readAnswer(value: Record<string, unknown>): Frame {
  const { id, error } = value
  if (!('result' in value) && !('error' in value)) return bad('neither request nor answer')
  if ('result' in value && 'error' in value) return bad('both result and error')
  // The standard has null here for an answer to a request whose id could not be read.
  if (id !== null && !isId(id)) return bad('a wrong id')
  if ('error' in value && !isError(error)) return bad('a wrong error')
  return { kind: 'answer', message: value as unknown as Answer }
}

function isId(id: unknown): boolean {
  return Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= MAX_ID_CHARS)
}

function isError(error: unknown): boolean {
  return isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bad(cause: string): Frame {
  return { kind: 'bad', cause }
}
