/** The story of the demo: what Ana and Bo do, told by the commands they type. */

import { pause } from '../client/time-limit.ts'
import type { Io } from '../io.ts'
import type { Ran, World } from './world.ts'

const LOOK_AGAIN_MS = 100
const PATIENCE_MS = 15_000
/** As tables show ids. */
const ID_LENGTH = 6
/** Of the terminal whose output is shown. */
const COLUMNS = 96

export interface Teller {
  /** What happens next. */
  say(line: string): void
  /** A command as it is typed. */
  command(profile: string, args: readonly string[]): void
  /** What it printed. */
  printed(ran: Ran): void
}

/** A step that did not happen. */
export class StoryFailed extends Error {}

interface Stage {
  io: Io
  world: World
  teller: Teller
}

/** @throws StoryFailed at the first step that does not happen. */
export async function tellStory(stage: Stage): Promise<void> {
  const { world, teller } = stage
  await Promise.all([world.startDaemon('ana'), world.startDaemon('bo')])

  teller.say('Two people make an account each. The numbers are how they find each other.')
  await register(stage, 'ana', 'Ana')
  await register(stage, 'bo', 'Bo')
  const ana = await ask(stage, 'ana', ['whoami', '-q'])
  const bo = await ask(stage, 'bo', ['whoami', '-q'])
  await act(stage, 'ana', ['friend', 'add', bo, '-m', 'Ana, from work'])
  await until(stage, 'bo', ['friend', 'requests', '-q'], (out) => out.includes(ana))
  await act(stage, 'bo', ['friend', 'accept', ana])
  await until(stage, 'ana', ['friend', 'list', '--json'], (out) => out.includes('"friend"'))

  teller.say('Bo is not to be seen. Ana writes now what is sent the moment he is.')
  await act(stage, 'bo', ['status', 'invisible'])
  await until(stage, 'ana', ['presence', 'bo', '--json'], (out) => out.includes('"offline"'))
  await act(stage, 'ana', ['backup', 'add', 'bo', 'Lunch at noon?', '--when-online', '--send'])
  const first = await newest(stage, 'ana')
  await act(stage, 'ana', ['backup', 'list'])

  teller.say('Bo comes online.')
  await act(stage, 'bo', ['status', 'online'])
  await act(stage, 'ana', ['wait', first, '--timeout', '15s'])
  await until(stage, 'bo', ['inbox', '--json'], (out) => out.includes('Lunch at noon?'))
  await act(stage, 'bo', ['inbox', '--mark-read'])

  teller.say('A reminder for herself, due in two seconds.')
  await act(stage, 'ana', ['remind', 'Ask Bo about Friday', '--in', '2s'])
  const reminder = await newest(stage, 'ana')
  await until(stage, 'ana', ['backup', 'list', '--due', '-q'], (out) => out.includes(reminder))
  await act(stage, 'ana', ['backup', 'list', '--due'])
  await act(stage, 'ana', ['backup', 'dismiss', reminder])

  teller.say('One more, and then her terminal is off: the relay stands in.')
  await act(stage, 'ana', ['backup', 'add', 'bo', 'Sent while my machine was off', '--in', '3s', '--send'])
  await act(stage, 'ana', ['daemon', 'stop'])
  await until(stage, 'bo', ['inbox', '--unread', '--json'], (out) => out.includes('while my machine was off'))
  await act(stage, 'bo', ['inbox', '--unread'])
}

async function register(stage: Stage, profile: string, nick: string): Promise<void> {
  const args = ['register', '--nick', nick, '--token-store', 'file', '--password-stdin']
  await act(stage, profile, args, `password of ${profile}\n`)
}

/** The beginning of the id of what was added last, as a person would type it. */
async function newest(stage: Stage, profile: string): Promise<string> {
  const ids = await ask(stage, profile, ['backup', 'list', '-q'])
  return ids.split('\n').at(-1)?.slice(0, ID_LENGTH) ?? ''
}

/** What stdout holds, unseen. */
async function ask(stage: Stage, profile: string, args: readonly string[]): Promise<string> {
  const ran = await stage.world.im(profile, args)
  if (ran.code !== 0) throw new StoryFailed(`im ${args.join(' ')}: exit ${ran.code}`)
  return ran.stdout.trim()
}

/** Types a command, and shows what it prints on a terminal. */
async function act(stage: Stage, profile: string, args: readonly string[], input = ''): Promise<void> {
  stage.teller.command(profile, args)
  const ran = await stage.world.im(profile, args, { input, env: { IM_FORCE_TTY: String(COLUMNS), NO_COLOR: '1' } })
  stage.teller.printed(ran)
  if (ran.code !== 0) throw new StoryFailed(`im ${args.join(' ')}: exit ${ran.code}`)
}

/** Looks with a command, unseen, until what it prints is right: news takes a moment to reach the other side. */
async function until(
  stage: Stage,
  profile: string,
  args: readonly string[],
  right: (out: string) => boolean,
): Promise<void> {
  const { io, world } = stage
  const giveUpAt = io.clock.monotonic() + PATIENCE_MS
  for (;;) {
    const ran = await world.im(profile, args)
    if (ran.code === 0 && right(ran.stdout)) return
    if (io.clock.monotonic() > giveUpAt)
      throw new StoryFailed(`it did not show in: im ${args.join(' ')}\n${ran.stderr}`)
    await pause(io, LOOK_AGAIN_MS, io.interrupted())
  }
}
