import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { StoryFailed, type Teller, tellStory } from '../demo/story.ts'
import { createWorld } from '../demo/world.ts'

/** Short, so that nobody has to watch a clock: an offline friend is seen at once, and the relay stands in at once. */
const TIMING = { offlineDelayMs: 200, standInDelayMs: 300 }

/** Everything is gone afterwards, also when it fails or is interrupted. Exit 1 if a step did not happen. */
export async function run({ io, out }: Context): Promise<number> {
  const teller = tellerOn(out.lines)
  const signal = io.interrupted()
  const begun = io.clock.monotonic()
  teller.say('A relay of its own, in a directory of its own.')
  try {
    await using world = await createWorld({ self: io.self, timers: io.timers, env: io.env, signal, timing: TIMING })
    out.lines(`relay$ im relay start --listen 127.0.0.1:0\n  relay listening on ${world.relayUrl}`)
    await tellStory({ io, world, teller })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof StoryFailed)) throw error
    throw new ImError('INTERNAL', `the story broke: ${error.message}`, { cause: error })
  }
  const seconds = Math.round((io.clock.monotonic() - begun) / 1_000)
  teller.say(`That was all, in ${seconds} s; nothing is left behind. Your turn: im relay start, im register, im help.`)
  return 0
}

function tellerOn(lines: (text: string) => void): Teller {
  return {
    say: (line) => lines(`\n${line}`),
    command: (profile, args) => lines(`${profile}$ im ${args.map(quoted).join(' ')}`),
    printed: ({ stdout, stderr }) => {
      const text = `${stdout}${stderr}`.trimEnd()
      if (text !== '') lines(text.replace(/^/gm, '  '))
    },
  }
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=-]+$/.test(word) ? word : `"${word}"`
}
