import { onTestFinished } from 'vitest'
import { createWorld, type World as Processes, type RunOptions } from '../../src/cli/demo/world.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { SELF } from './cli.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
  /** stdout's lines as JSON. */
  json: readonly Record<string, unknown>[]
}

export interface World extends Omit<Processes, 'im'> {
  /** `im` as a real process, in a profile of this world. */
  im(profile: string, args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Makes an account in a profile and returns its UIN. */
  register(profile: string): Promise<string>
  /** Makes friends of two profiles with an account. */
  befriend(a: { profile: string; uin: string }, b: { profile: string; uin: string }): Promise<void>
}

/** Short, so that a test need not wait: a relay that sees at once who has gone, and stands in at once. */
const TIMING = { offlineDelayMs: 200, standInDelayMs: 300 }

/** A real relay on a port of its own, and profiles whose verbs start their daemons; gone when the test is. */
export async function world(limits: Readonly<Record<string, number>> = {}): Promise<World> {
  const processes = await createWorld({
    self: SELF,
    timers: nodeTimers,
    env: process.env,
    timing: TIMING,
    limits,
    autostart: true,
  })
  onTestFinished(() => processes[Symbol.asyncDispose]())

  const im: World['im'] = async (profile, args, options) => {
    const ran = await processes.im(profile, args, options)
    return {
      ...ran,
      get json() {
        const lines = ran.stdout.split('\n').filter((line) => line !== '')
        return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      },
    }
  }
  /** One that has to work; its stdout without the last newline. */
  async function must(profile: string, args: readonly string[], input = ''): Promise<string> {
    const ran = await im(profile, args, { input })
    if (ran.code !== 0) throw new Error(`im ${args.join(' ')}: exit ${ran.code}\n${ran.stderr}`)
    return ran.stdout.trim()
  }

  return {
    ...processes,
    get relayUrl() {
      return processes.relayUrl
    },
    im,
    register: (profile) =>
      must(
        profile,
        ['register', '--nick', profile, '--token-store', 'file', '--password-stdin'],
        `password of ${profile}`,
      ),
    async befriend(a, b) {
      await must(a.profile, ['friend', 'add', b.uin])
      await must(b.profile, ['watch', '--type', 'friend', '--after', '1:0', '--count', '1', '--timeout', '10s'])
      await must(b.profile, ['friend', 'accept', a.uin])
    },
  }
}
