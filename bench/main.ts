/** `npm run bench [-- NAME... --json --minutes N]`: prints each figure beside its yardstick from the same run. */
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { accounts } from './accounts.ts'
import { burst } from './burst.ts'
import { chat } from './chat.ts'
import { commands } from './commands.ts'
import { evaluation } from './evaluation.ts'
import type { Figure, Options } from './figure.ts'
import { idle } from './idle.ts'
import { idleConnections } from './idle-connections.ts'
import { imports } from './import.ts'
import { lives } from './lives.ts'
import { login } from './login.ts'
import { messages } from './messages.ts'
import { overload } from './overload.ts'
import { presence } from './presence.ts'
import { punctuality } from './punctuality.ts'
import { soak } from './soak.ts'

type Measure = (options: Options) => Promise<Figure[]>

/** A minute or two each; all of them when none is named. */
const SHORT: Readonly<Record<string, Measure>> = {
  messages,
  burst,
  'idle-connections': idleConnections,
  commands,
  import: imports,
  login,
  chat,
  punctuality,
  evaluation,
  lives,
  presence,
}
/** Minutes to hours: only when named. */
const LONG: Readonly<Record<string, Measure>> = { accounts, idle, overload, soak }
const FIGURES = { ...SHORT, ...LONG }

function shown(figure: Figure): string {
  const number = (value: number) => (value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1))
  const against =
    figure.yardstick === null
      ? ''
      : `  ${figure.yardstick.name} ${number(figure.yardstick.value)} ${figure.unit}  ratio ${figure.ratio?.toFixed(2)}`
  const goal = figure.goal === '' ? '' : `  (goal ${figure.goal})`
  const note = figure.note === undefined ? '' : `  (${figure.note})`
  return `${figure.name}: ${number(figure.value)} ${figure.unit}`.trimEnd() + against + goal + note
}

function misused(what: string): never {
  process.stderr.write(`${what}\n`)
  process.exit(2)
}

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, minutes: { type: 'string', default: '15' } },
    })
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error))
  }
}

const { values, positionals: names } = commandLine()
const { json } = values
const options: Options = { minutes: Number(values.minutes) }
if (!(options.minutes > 0)) misused(`--minutes ${values.minutes}: a number above 0, please`)
const unknown = names.filter((name) => !Object.hasOwn(FIGURES, name))
if (unknown.length > 0) misused(`no figure ${unknown.join(', ')}; there are ${Object.keys(FIGURES).join(', ')}`)

const machine = {
  cpu: cpus()[0]?.model ?? '',
  cores: cpus().length,
  memoryMb: Math.round(totalmem() / 1e6),
  system: `${platform()} ${release()}`,
  /** Before the first figure: a busy machine makes for poor ones. */
  load: loadavg()[0] ?? 0,
}
const versions = { node: process.version, v8: process.versions.v8, uv: process.versions.uv }
const results: Figure[] = []
const about = `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Node ${versions.node}`
if (!json) process.stdout.write(`${about}\n`)
const chosen = Object.entries(FIGURES).filter(([name]) =>
  names.length === 0 ? Object.hasOwn(SHORT, name) : names.includes(name),
)
for (const [, measure] of chosen) {
  for (const figure of await measure(options)) {
    results.push(figure)
    if (!json) process.stdout.write(`${shown(figure)}\n`)
  }
}
if (json) process.stdout.write(`${JSON.stringify({ v: 1, machine, versions, figures: results })}\n`)
process.exit(0)
