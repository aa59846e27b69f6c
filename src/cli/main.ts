/** One run of the command line, from its words to its exit code. */
import { durationMs, parseDuration } from '../domain/duration.ts'
import { IM_VERSION } from '../protocol/version.ts'
import { type Context, createContext, DEFAULT_TIMEOUT_MS, type Invocation } from './context.ts'
import type { Io } from './io.ts'
import { asImError, errorText } from './output/error-line.ts'
import { jsonLine } from './output/json.ts'
import { type Parsed, wantsJson } from './parsing/command-line.ts'
import { readPlain } from './parsing/plain-line.ts'
import type { Flags } from './tree/flags.ts'
import type { VerbSpec } from './tree/verb.ts'

export { processIo } from './io.ts'

/** Never rejects: what goes wrong is printed, and is the exit code. `ran` is told what it was: the verb, or what stood for one. */
export async function main(argv: readonly string[], io: Io, ran: (what: string) => void = () => {}): Promise<number> {
  try {
    const parsed = readPlain(argv) ?? (await import('./parsing/parse.ts')).parse(argv)
    ran(parsed.kind === 'verb' ? parsed.verb.name : parsed.kind)
    return await run(parsed, io)
  } catch (thrown) {
    const error = await asImError(thrown)
    io.stderr.write(errorText(error, { json: wantsJson(argv), debug: argv.includes('--debug') }))
    return error.exit
  }
}

async function run(parsed: Parsed, io: Io): Promise<number> {
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
      return inContext(io, invocation(null, parsed.flags, [], []), body)
    }
    case 'verb': {
      const { run: body } = await parsed.verb.load()
      return inContext(io, invocation(parsed.verb, parsed.flags, parsed.words, parsed.command), body)
    }
    default:
      return parsed satisfies never
  }
}

async function inContext(io: Io, given: Invocation, body: (context: Context) => Promise<number>): Promise<number> {
  const context = createContext(io, given)
  try {
    return await body(context)
  } finally {
    context.close()
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
