import { type Candidate, wanted } from '../completion/candidates.ts'
import { liveCandidates } from '../completion/live.ts'
import { LINE, SHELLS } from '../completion/shells.ts'
import type { Context } from '../context.ts'
import { oneOf } from '../input/one-of.ts'

/** From the start of the process to the answer: longer, and typing would feel it. */
const MOST_MS = 150

/** Says what may stand at the cursor, or nothing. Never fails: an error would be printed into the line being typed. */
export async function run(context: Context): Promise<number> {
  try {
    const lines = await answer(context)
    if (lines.length > 0) context.out.lines(lines.join('\n'))
  } catch {}
  return 0
}

async function answer(context: Context): Promise<string[]> {
  const { command, flags, io, timeoutMs, words } = context
  const shell = oneOf('the shell', words[0] ?? '', SHELLS)
  const current = command.at(-1) ?? ''
  const want = wanted(command.slice(0, -1), current)
  const before = command.at(-2) ?? ''
  if (want.kind === 'files') return [':files']
  const limitMs = flags.timeout === undefined ? MOST_MS - io.clock.monotonic() : (timeoutMs ?? MOST_MS)
  const asked = { before, timeoutMs: Math.max(1, limitMs) }
  const live: Candidate[] = want.live === null ? [] : await liveCandidates(context, want.live, asked)
  return [...want.candidates, ...live]
    .filter(({ value }) => value.toLowerCase().startsWith(current.toLowerCase()))
    .map(({ value, about }) => LINE[shell](value, about))
}
