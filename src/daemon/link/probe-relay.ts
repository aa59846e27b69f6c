import type { Log } from '../../host/host.ts'
import { nodeHost } from '../../host/node-host.ts'
import { IM_VERSION } from '../../protocol/version.ts'
import { connectRelay } from './relay-connect.ts'
import { dialRelay } from './relay-peer.ts'

export interface RelayProbe {
  version: string
  /** From the first packet to its answer to hello. */
  tookMs: number
  /** The relay's clock minus ours. */
  skewMs: number
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Says hello to a relay, under the same rules of trust as a session. Throws RELAY_UNREACHABLE, RELAY_CERT, RELAY_PROTOCOL. */
export async function probeRelay(address: string, caFile: string | null, signal: AbortSignal): Promise<RelayProbe> {
  const host = nodeHost({ log: SILENT })
  const connect = connectRelay(host, caFile)
  const begun = host.clock.monotonic()
  const peer = await dialRelay({ url: address, connect, host, version: IM_VERSION, onEvent: () => {}, signal })
  const tookMs = Math.round(host.clock.monotonic() - begun)
  peer.close('a look')
  const skewMs = Math.round(peer.hello.now - host.clock.now() + tookMs / 2)
  return { version: peer.hello.version, tookMs, skewMs }
}
