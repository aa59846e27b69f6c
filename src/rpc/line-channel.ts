/**
 * Text frames over a stream, one per line (JSON text never holds a raw newline). A line that begins with ':' is the last
 * one and says how the channel ends: `:CODE REASON`.
 */
import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Channel } from './peer.ts'

/** How long the other end may be silent after a close before the socket is torn down. */
const CLOSE_TIMEOUT_MS = 2_000
const NEWLINE = 0x0a

/** The socket is not read before `start`, so the kernel holds back a sender that is too early. */
export function lineChannel(socket: Socket, maxFrameBytes: number): Channel {
  let ending: { code: number; reason: string } | null = null
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', () => resolve(ending ?? { code: 1006, reason: 'the other side went away' }))
  })
  // 'close' follows; without a listener the process would end.
  socket.on('error', (error) => {
    ending ??= { code: 1006, reason: error.message }
  })

  function close(code = 1000, reason = ''): void {
    if (ending !== null) return
    ending = { code, reason }
    socket.end(`:${code} ${reason.replaceAll('\n', ' ')}\n`)
    // Unread data at the end would become a reset, and the other side lose the last line.
    socket.resume()
    socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy())
  }

  function start(onFrame: (frame: string) => void): void {
    const takeLine = (line: Buffer): void => {
      if (ending !== null) return
      const text = isUtf8(line) ? line.toString() : null
      if (text === null) close(1007, 'not UTF-8')
      else if (!text.startsWith(':')) onFrame(text)
      else {
        ending = readEnding(text)
        socket.end()
      }
    }
    const takeChunk = lineReader(maxFrameBytes, takeLine, () => close(1009, 'frame too long'))
    socket.on('data', (chunk: Buffer) => {
      if (ending === null) takeChunk(chunk)
    })
    socket.resume()
  }

  return {
    send(frame) {
      if (ending !== null) return
      // Frames of a turn leave together: hello and call are one write here, and wake the other side once.
      if (socket.writableCorked === 0) {
        socket.cork()
        process.nextTick(() => socket.uncork())
      }
      socket.write(`${frame}\n`)
    },
    get bufferedBytes() {
      return socket.writableLength
    },
    start,
    close,
    closed,
  }
}

/** Cuts a stream into lines, without their newlines. A line is copied only when it came in several chunks. */
function lineReader(maxBytes: number, onLine: (line: Buffer) => void, onTooLong: () => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let partBytes = 0
  return (chunk) => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (partBytes + at - from > maxBytes) return onTooLong()
      const end = chunk.subarray(from, at)
      onLine(parts.length === 0 ? end : Buffer.concat([...parts, end]))
      parts = []
      partBytes = 0
      from = at + 1
    }
    if (from === chunk.length) return
    parts.push(chunk.subarray(from))
    partBytes += chunk.length - from
    if (partBytes > maxBytes) onTooLong()
  }
}

function readEnding(line: string): { code: number; reason: string } {
  const [, code, reason] = /^:([0-9]{4}) (.*)$/s.exec(line) ?? []
  return { code: Number(code ?? 1005), reason: reason ?? '' }
}
