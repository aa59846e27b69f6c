import { readFile } from 'node:fs/promises'
import type { Host } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'
import { parseAddress, type RelayAddress } from '../../protocol/link.ts'
import { MAX_FRAME_BYTES } from '../../protocol/relay-api.ts'
import type { CertificateFault, ConnectFailed, TlsTrust } from '../../rpc/websocket-client.ts'
import { CONNECT_MS, type Connect } from './relay-peer.ts'

/**
 * Connects to real relays. The WebSocket client is loaded at the first attempt: who is not logged in never pays for it.
 * `caFile`: PEM of the authorities that count where an address has no pins; null: the system's.
 */
export function connectRelay(host: Host, caFile: string | null): Connect {
  return async (text, signal) => {
    const { ConnectFailed, connectWebSocket } = await import('../../rpc/websocket-client.ts')
    const address = parseAddress(text)
    const tls = await trustOf(address, caFile)
    try {
      // A relay speaks WebSocket at `v1` below its address.
      return await connectWebSocket(`${address.url}/v1`, {
        signal,
        connectTimeoutMs: CONNECT_MS,
        timers: host.timers,
        maxFrameBytes: MAX_FRAME_BYTES,
        tls,
      })
    } catch (error) {
      throw error instanceof ConnectFailed ? connectError(error, address) : error
    }
  }
}

/** Whoever pins the key of a relay asks no authority. */
async function trustOf({ pins }: RelayAddress, caFile: string | null): Promise<TlsTrust> {
  if (pins.length > 0) return { pins }
  if (caFile === null) return {}
  try {
    return { ca: await readFile(caFile, 'utf8') }
  } catch (cause) {
    throw new ImError('BAD_FILE', `${caFile} cannot be read.`, { hint: 'im config set relay-ca FILE', cause })
  }
}

/** What a person is told of a certificate that was refused, and what they can do. */
const FAULTS: Readonly<Record<CertificateFault, { what: string; hint: string }>> = {
  expired: {
    what: 'has expired',
    hint: 'look at the clock of this machine; if it is right, ask whoever runs the relay to renew it',
  },
  'not-yet-valid': {
    what: 'is not valid yet',
    hint: 'look at the clock of this machine; if it is right, ask whoever runs the relay',
  },
  'wrong-name': {
    what: 'is for another name',
    hint: 'take the address it is for, or a link with a pin: im login UIN --relay LINK',
  },
  'wrong-pin': {
    what: 'has another key than the pinned one',
    hint: 'somebody may be in between; ask whoever runs the relay for its link, then: im login UIN --relay LINK',
  },
  untrusted: {
    what: 'is signed by nobody this machine trusts',
    hint: 'ask whoever runs the relay for a link with its pin: im register LINK, or im config set relay-ca FILE',
  },
}

function connectError(failure: ConnectFailed, { url }: RelayAddress): ImError {
  if (failure.reason === 'certificate') {
    const { what, hint } = FAULTS[failure.fault ?? 'untrusted']
    return new ImError('RELAY_CERT', `The certificate of ${url} ${what}.`, { hint, cause: failure })
  }
  if (failure.status === 429 || failure.status === 503) {
    const why = failure.status === 429 ? 'has as many from here as it takes' : 'is full, or stopping'
    return new ImError('RELAY_UNREACHABLE', `The relay at ${url} takes no connection now: it ${why}.`, {
      hint: 'try again later',
      cause: failure,
    })
  }
  return new ImError('RELAY_UNREACHABLE', undefined, { hint: `is the relay at ${url} running?`, cause: failure })
}
