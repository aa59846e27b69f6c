/** One run of the command line, from its words to its exit code. */
import { durationMs, parseDuration } from '../domain/duration.ts'
import { IM_VERSION } from '../protocol/version.ts'
import { type Context, createContext, DEFAULT_TIMEOUT_MS, type Invocation } from './context.ts'
import { Elsewhere } from './elsewhere.ts'
import type { Io } from './io.ts'
import { asImError, errorText } from './output/error-line.ts'
import { jsonLine } from './output/json.ts'
import { type Parsed, wantsJson } from './parsing/command-line.ts'
import { readPlain } from './parsing/plain-line.ts'
import type { Flags } from './tree/flags.ts'
import type { VerbSpec } from './tree/verb.ts'

export { processIo } from './io.ts'

export interface Told {
  /** What it was: the verb, or what stood for one. */
  ran: (what: string) => void
  /**
   * The exit code. What was opened is closed after it; a process whose verb was `brief` may as well end here. Others, as a daemon,
   * may have begun what is to go on.
   */
  ended: (exit: number, brief: boolean) => void
}

const NOBODY: Told = { ran: () => {}, ended: () => {} }

/** Never rejects: what goes wrong is printed, and is the exit code. Null: nothing was done, this bundle is without it. */
export async function main(argv: readonly string[], io: Io, told = NOBODY): Promise<number | null> {
  const begun: Begun = { context: null }
  const exit = await outcome(argv, io, told, begun)
  if (exit === null) return null
  told.ended(exit, begun.context?.timeoutMs !== null)
  begun.context?.close()
  return exit
}

/** What a verb's body was given, once it has begun. */
interface Begun {
  context: Context | null
}

async function outcome(argv: readonly string[], io: Io, { ran }: Told, begun: Begun): Promise<number | null> {
  try {
    const parsed = readPlain(argv) ?? (await import('./parsing/parse.ts')).parse(argv)
    ran(parsed.kind === 'verb' ? parsed.verb.name : parsed.kind)
    return await run(parsed, io, begun)
  } catch (thrown) {
    if (thrown instanceof Elsewhere && begun.context === null) return null
    const error = await asImError(thrown)
    io.stderr.write(errorText(error, { json: wantsJson(argv), debug: argv.includes('--debug') }))
    return error.exit
  }
}

async function run(parsed: Parsed, io: Io, begun: Begun): Promise<number> {
  const contextOf = (given: Invocation): Context => {
    begun.context = createContext(io, given)
    return begun.context
  }
  switch (parsed.kind) {
    case 'version':
      io.stdout.write(parsed.flags.json ? jsonLine({ v: 1, version: IM_VERSION }) : `${IM_VERSION}\n`)
      return 0
    case 'help':
    case 'bare': {
      const { helpText } = await import('./help/help.ts')
      const bare = parsed.kind === 'bare'
      const text = helpText(bare ? parsed.noun : parsed.of)
      const stream = bare ? io.stderr : io.stdout
      stream.write(text)
      return bare ? 2 : 0
    }
    case 'dashboard': {
      const { run: body } = await import('./commands/dashboard.ts')
      return body(contextOf(invocation(null, parsed.flags, [], [])))
    }
    case 'verb': {
      const { run: body } = await parsed.verb.load()
      return body(contextOf(invocation(parsed.verb, parsed.flags, parsed.words, parsed.command)))
    }
    default:
      return parsed satisfies never
  }
}

function invocation(
  verb: VerbSpec | null,
  flags: Flags,
  words: readonly string[],
  command: readonly string[],
): Invocation {
  const daemonWaits = flags.waitDone === true || verb?.name === 'wait'
  const endless = daemonWaits || flags.follow === true || flags.foreground === true || verb?.endless === true
  const own = flags.timeout === undefined ? null : durationMs(parseDuration(flags.timeout))
  return { verb, words, command, flags, daemonWaits, timeoutMs: own ?? (endless ? null : DEFAULT_TIMEOUT_MS) }
}
