/**
 * The stretching of a password takes 64 MiB and 0.2 s, and the memory it grew would stay: so it is done in a process of
 * its own, started for one exchange with a relay and ended with it. Measured: a worker thread leaves 17 MB behind in
 * the daemon, a child process one, and starts 50 ms later.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Timers } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'
import type { LoginClient } from '../../sealing/login-client.ts'
import { SealError, type SealReason } from '../../sealing/seal-error.ts'

/** The steps of a login client, done elsewhere. They fail as those do. */
export type LoginWork = {
  [M in keyof LoginClient]: (...given: Parameters<LoginClient[M]>) => Promise<ReturnType<LoginClient[M]>>
} & {
  /** Ends it; what was under way fails. */
  close(): Promise<void>
}

/** One step, as it is asked of the child. */
export type LoginStep = {
  [M in keyof LoginClient]: { method: M; given: Parameters<LoginClient[M]> }
}[keyof LoginClient]
export type LoginAsked = LoginStep & { n: number }
export type LoginAnswered =
  | { n: number; ok: true; result: ReturnType<LoginClient[keyof LoginClient]> }
  | { n: number; ok: false; reason: SealReason | null }

/** Far beyond what the slowest stretching takes that a relay may name. */
const LONGEST_STEP_MS = 60_000

/** Starts the program at `entry` (`login-child.ts`). What it is told goes through a pipe: no argument, no variable. */
export function loginInChild(entry: URL, timers: Timers): LoginWork {
  const child = fork(fileURLToPath(entry), { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const pending = new Map<number, { done: (answer: LoginAnswered) => void; failed: (cause: unknown) => void }>()
  let count = 0
  const fail = (cause: unknown) => {
    for (const { failed } of pending.values()) failed(new ImError('INTERNAL', undefined, { cause }))
    pending.clear()
  }
  child.on('message', (answer: LoginAnswered) => pending.get(answer.n)?.done(answer))
  child.once('error', fail)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      fail(new Error('the login program has ended'))
      resolve()
    })
    child.once('error', () => resolve())
  })

  async function ask<M extends keyof LoginClient>(method: M, ...given: Parameters<LoginClient[M]>) {
    const n = ++count
    const answer = await new Promise<LoginAnswered>((resolve, reject) => {
      const stop = timers.after(LONGEST_STEP_MS, () => child.kill('SIGKILL'))
      const settled = (then: () => void) => {
        stop()
        pending.delete(n)
        then()
      }
      pending.set(n, {
        done: (given) => settled(() => resolve(given)),
        failed: (cause) => settled(() => reject(cause)),
      })
      send(child, { n, method, given } as LoginAsked, fail)
    })
    if (answer.ok) return answer.result as ReturnType<LoginClient[M]>
    if (answer.reason === null) throw new ImError('INTERNAL')
    throw new SealError(answer.reason, 'login: the step failed')
  }
  return {
    startRegistration: (password) => ask('startRegistration', password),
    finishRegistration: (identity, start, response) => ask('finishRegistration', identity, start, response),
    startLogin: (password) => ask('startLogin', password),
    finishLogin: (identity, start, response) => ask('finishLogin', identity, start, response),
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function send(child: ChildProcess, asked: LoginAsked, failed: (cause: unknown) => void): void {
  child.send(asked, (error) => {
    if (error !== null) failed(error)
  })
}
