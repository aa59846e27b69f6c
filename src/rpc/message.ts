/** JSON-RPC 2.0 messages, and the frames they become. */
import type { ErrorPayload } from './peer.ts'

export type MessageId = number | string

/** One without an id is a notification. */
export interface Request {
  id?: MessageId
  method: string
  params?: unknown
}

export interface AnswerError {
  code: number
  message: string
  data?: unknown
}

/** The id is null where the other end could not read the request's. */
export interface Answer {
  id: MessageId | null
  result?: unknown
  error?: AnswerError
}

/** The JSON-RPC code of every failed call; what failed is in `data`. From the range left to applications. */
const CALL_FAILED = -32000

/** JSON that has been made already: as params or a result it goes into the frame as it stands. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Throws TypeError for params that are neither an object nor an array nor none, and for what JSON cannot hold. */
export function requestFrame(id: MessageId | null, method: string, params: unknown): string {
  const head = `{"jsonrpc":"2.0",${id === null ? '' : `"id":${JSON.stringify(id)},`}"method":${JSON.stringify(method)}`
  if (params === undefined || params === null) return `${head}}`
  if (typeof params !== 'object') throw new TypeError('params must be an object or an array')
  return `${head},"params":${encode(params)}}`
}

/** Throws TypeError for a result that JSON cannot hold; none at all is null. */
export function resultFrame(id: MessageId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${encode(result) ?? 'null'}}`
}

export function errorFrame(id: MessageId, payload: ErrorPayload): string {
  const error: AnswerError = { code: CALL_FAILED, message: payload.message, data: payload }
  return JSON.stringify({ jsonrpc: '2.0', id, error })
}

function encode(value: unknown): string | undefined {
  return value instanceof JsonText ? value.text : JSON.stringify(value)
}
