import type { Limits } from './limits.ts'

/** The answer of a running relay to `status` and `stop` on its operator's socket. */
export interface RelayStatus {
  v: 1
  running: boolean
  pid: number
  version: string
  url: string
  data: string
  connections: number
  sessions: number
  rssBytes: number
  uptimeMs: number
  limits: Limits
}
