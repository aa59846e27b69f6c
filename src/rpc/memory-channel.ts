import type { Channel } from './peer.ts'

/** One end of a pair in one process, with hooks for tests. */
export interface MemoryChannel extends Channel {
  /** Holds back what this end sends, as a network that has come to a stop. */
  pause(): void
  resume(): void
  /** Both ends lose the link at once (1006); what is under way is lost with it. */
  cut(): void
}

export interface MemoryChannelOptions {
  /** A longer frame closes both ends with 1009. Default: no limit. */
  maxFrameBytes?: number
}

type Parcel = { kind: 'frame'; text: string; bytes: number } | { kind: 'close'; code: number; reason: string }

interface End {
  channel: MemoryChannel
  /** Whether somebody takes what the other end sent. */
  ready(): boolean
  take(parcel: Parcel): void
  finish(code: number, reason: string): void
  /** Delivers what waits, in a microtask. */
  wake(): void
}

/**
 * Two connected ends. Frames arrive in order, each in a microtask after it was sent, and wait at the sender
 * (`bufferedBytes`) until the other end has been started.
 */
export function memoryChannelPair(options: MemoryChannelOptions = {}): [MemoryChannel, MemoryChannel] {
  const { maxFrameBytes = Number.POSITIVE_INFINITY } = options
  const left: End = createEnd(() => right, maxFrameBytes)
  const right: End = createEnd(() => left, maxFrameBytes)
  return [left.channel, right.channel]
}

function createEnd(other: () => End, maxFrameBytes: number): End {
  const waiting: Parcel[] = []
  let bufferedBytes = 0
  let paused = false
  let deliver: ((frame: string) => void) | null = null
  /** Set by the first close of either end: nothing more goes out or in. */
  let ending: { code: number; reason: string } | null = null
  let onClosed: (how: { code: number; reason: string }) => void = () => {}
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    onClosed = resolve
  })

  function pass(): void {
    while (!paused && other().ready()) {
      const parcel = waiting.shift()
      if (parcel === undefined) return
      if (parcel.kind === 'frame') bufferedBytes -= parcel.bytes
      other().take(parcel)
    }
  }

  function put(parcel: Parcel): void {
    waiting.push(parcel)
    wake()
  }

  function wake(): void {
    queueMicrotask(pass)
  }

  function take(parcel: Parcel): void {
    if (parcel.kind === 'close') finish(parcel.code, parcel.reason)
    else if (ending !== null) return
    else if (parcel.bytes > maxFrameBytes) close(1009, 'frame too long')
    else deliver?.(parcel.text)
  }

  function finish(code: number, reason: string): void {
    ending ??= { code, reason }
    waiting.length = 0
    bufferedBytes = 0
    onClosed(ending)
  }

  function close(code = 1000, reason = ''): void {
    if (ending !== null) return
    ending = { code, reason }
    put({ kind: 'close', code, reason })
    queueMicrotask(() => onClosed({ code, reason }))
  }

  const channel: MemoryChannel = {
    send(text) {
      if (ending !== null) return
      const bytes = Buffer.byteLength(text)
      bufferedBytes += bytes
      put({ kind: 'frame', text, bytes })
    },
    get bufferedBytes() {
      return bufferedBytes
    },
    start(onFrame) {
      deliver = onFrame
      other().wake()
    },
    close,
    closed,
    pause() {
      paused = true
    },
    resume() {
      paused = false
      wake()
    },
    cut() {
      finish(1006, 'cut')
      other().finish(1006, 'cut')
    },
  }
  return { channel, ready: () => ending !== null || deliver !== null, take, finish, wake }
}
