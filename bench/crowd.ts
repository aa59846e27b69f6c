/**
 * All who are in the way of others, in a process of its own and less important than theirs: those who connect and say
 * nothing, those who ask and never read, and those who write as much as can be or more. It does what the other end of the
 * IPC channel asks it to, one thing at a time.
 */
import { connect, type Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { WebSocket } from 'ws'
import { nodeClock, nodeTimers } from '../src/host/node-host.ts'
import { FloodClient } from './flood-client.ts'
import { pause, quantile } from './process.ts'
import { openSeeded, RelayClient, writeToSelf } from './relay-client.ts'
import type { SeededAccount } from './seed.ts'

/** What a flood came to; times of answers in ms. */
export interface Flood {
  /** Until the last was answered. */
  seconds: number
  offered: number
  /** While they wrote. */
  offeredPerSecond: number
  kept: number
  refused: number
  keptP50Ms: number
  keptP99Ms: number
}

/** What can be asked of it, and what it answers. */
export interface Crowd {
  sayNothing(ask: { url: string; count: number }): Promise<void>
  leave(): Promise<void>
  neverRead(ask: { url: string; accounts: readonly SeededAccount[] }): Promise<void>
  open(ask: { url: string; accounts: readonly SeededAccount[] }): Promise<void>
  /** As fast as answers come, eight at once each, a hundred of them. */
  writeFlatOut(ask: { ms: number }): Promise<Flood>
  /** So many a second, whether answers come or not. */
  writeAtRate(ask: { ms: number; perSecond: number }): Promise<Flood>
  /** Of all that were acknowledged, how many are not in their log. */
  countLost(ask: { url: string }): Promise<number>
}

const FLAT_OUT = { writers: 100, inFlight: 8 }
const STEP_MS = 5

class CrowdHere implements Crowd {
  readonly #idle = new Set<Socket>()
  #isSilent = false
  readonly #readers: WebSocket[] = []
  readonly #writers: FloodClient[] = []
  readonly #kept = new Map<FloodClient, Set<string>>()

  /** Whenever one is cut, another comes; five thousand of them make a thousand new ones a second. */
  async sayNothing({ url, count }: { url: string; count: number }): Promise<void> {
    const { hostname, port } = new URL(url)
    this.#isSilent = true
    const open = (): void => {
      if (!this.#isSilent) return
      const socket = connect(Number(port), hostname)
      this.#idle.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#idle.delete(socket)
        nodeTimers.after(5_000, open)
      })
    }
    for (let n = 0; n < count; n++) {
      open()
      if (n % 100 === 99) await pause(10)
    }
  }

  async leave(): Promise<void> {
    this.#isSilent = false
    for (const socket of this.#idle) socket.destroy()
    for (const reader of this.#readers) reader.terminate()
  }

  async neverRead({ url, accounts }: { url: string; accounts: readonly SeededAccount[] }): Promise<void> {
    for (let from = 0; from < accounts.length; from += 50) {
      const some = accounts.slice(from, from + 50)
      this.#readers.push(...(await Promise.all(some.map((account) => askAndNeverRead(url, account)))))
    }
  }

  async open({ url, accounts }: { url: string; accounts: readonly SeededAccount[] }): Promise<void> {
    for (let from = 0; from < accounts.length; from += 50) {
      const some = accounts.slice(from, from + 50).map((account) => FloodClient.open(url, account))
      for (const client of await Promise.all(some)) {
        this.#writers.push(client)
        this.#kept.set(client, new Set())
      }
    }
  }

  writeFlatOut({ ms }: { ms: number }): Promise<Flood> {
    return this.#flood((write) => {
      const until = nodeClock.monotonic() + ms
      const next = (client: FloodClient): void => {
        if (nodeClock.monotonic() < until) write(client, () => next(client))
      }
      for (const client of this.#writers.slice(0, FLAT_OUT.writers)) {
        client.together(() => {
          for (let n = 0; n < FLAT_OUT.inFlight; n++) next(client)
        })
      }
      return pause(ms)
    })
  }

  writeAtRate({ ms, perSecond }: { ms: number; perSecond: number }): Promise<Flood> {
    return this.#flood(async (write) => {
      const begun = nodeClock.monotonic()
      let [written, turn] = [0, 0]
      for (let passed = 0; passed < ms; passed = nodeClock.monotonic() - begun) {
        const due = Math.floor((passed / 1000) * perSecond) - written
        written += due
        const each = Math.ceil(due / this.#writers.length)
        for (let left = due; left > 0; left -= each, turn++) {
          const client = this.#writers[turn % this.#writers.length] as FloodClient
          client.together(() => {
            for (let n = 0; n < Math.min(each, left); n++) write(client, () => {})
          })
        }
        await pause(STEP_MS)
      }
    })
  }

  /** Writes as it is told, and waits until all is answered. */
  async #flood(drive: (write: (client: FloodClient, ended: () => void) => void) => Promise<void>): Promise<Flood> {
    const kept: number[] = []
    let [offered, refused] = [0, 0]
    let whenAll = () => {}
    const begun = nodeClock.monotonic()
    await drive((client, ended) => {
      offered++
      client.write((isKept, tookMs, id) => {
        if (isKept) {
          kept.push(tookMs)
          this.#kept.get(client)?.add(id)
        } else refused++
        ended()
        if (kept.length + refused === offered) whenAll()
      })
    })
    const offeredPerSecond = offered / ((nodeClock.monotonic() - begun) / 1000)
    if (kept.length + refused < offered) {
      await new Promise<void>((resolve) => {
        whenAll = resolve
      })
    }
    const seconds = (nodeClock.monotonic() - begun) / 1000
    return {
      ...{ seconds, offered, offeredPerSecond, kept: kept.length, refused },
      ...{ keptP50Ms: quantile(kept, 0.5), keptP99Ms: quantile(kept, 0.99) },
    }
  }

  async countLost({ url }: { url: string }): Promise<number> {
    let lost = 0
    for (let from = 0; from < this.#writers.length; from += 50) {
      const some = this.#writers.slice(from, from + 50)
      const missing = some.map((client) => missingIn(url, client.account, this.#kept.get(client) ?? new Set()))
      for (const count of await Promise.all(missing)) lost += count
    }
    return lost
  }
}

/** A session that asks for pages of its history and reads none of the answers. */
async function askAndNeverRead(url: string, account: SeededAccount): Promise<WebSocket> {
  const before = await openSeeded(url, account)
  for (let n = 0; n < 8; n++) await writeToSelf(before, account.uin, 'x'.repeat(12_000))
  before.close()
  const socket = new WebSocket(`${url}/v1`, { perMessageDeflate: false })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  const ask = (id: number, method: string, params: unknown) =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  ask(1, 'session.open', { uin: account.uin, token: account.token, person: false })
  await new Promise((resolve) => socket.once('message', resolve))
  socket.pause()
  for (let n = 2; n < 60; n++) ask(n, 'log.state', { after: null })
  return socket
}

/** Reads a log anew. */
async function missingIn(url: string, { uin, token }: SeededAccount, kept: ReadonlySet<string>): Promise<number> {
  const missing = new Set(kept)
  if (missing.size === 0) return 0
  const client = await RelayClient.connect(`${url}/v1`)
  const done = new Promise<void>((resolve) => {
    client.onEvent = (method, params) => {
      if (method !== 'log.entries') return
      const { entries, head } = params as { entries: { seq: number; message?: { id: string } }[]; head: number }
      for (const { message } of entries) if (message !== undefined) missing.delete(message.id)
      if ((entries.at(-1)?.seq ?? 0) >= head) resolve()
    }
  })
  const { epoch } = await client.call('session.open', { uin, token, person: false })
  await client.call('log.follow', { cursor: { epoch, seq: 0 } })
  await done
  client.close()
  return missing.size
}

setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
const crowd = new CrowdHere()
process.on('message', ({ what, ask }: { what: keyof Crowd; ask: never }) => {
  const doing: Promise<unknown> = crowd[what](ask)
  doing.then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
