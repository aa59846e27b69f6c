/** `npm run bench [-- NAME...] [-- --json]`: prints each figure beside its yardstick from the same run. */
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { accounts } from './accounts.ts'
import { burst } from './burst.ts'
import { chat } from './chat.ts'
import { commands } from './commands.ts'
import { evaluation } from './evaluation.ts'
import { idle } from './idle.ts'
import { idleConnections } from './idle-connections.ts'
import { imports } from './import.ts'
import { lives } from './lives.ts'
import { messages } from './messages.ts'
import { overload } from './overload.ts'
import { presence } from './presence.ts'
import { punctuality } from './punctuality.ts'

export interface Figure {
  name: string
  unit: string
  value: number
  yardstick: { name: string; value: number } | null
  ratio: number | null
  goal: string
}

const FIGURES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  messages,
  burst,
  'idle-connections': idleConnections,
  commands,
  import: imports,
  chat,
  idle,
  overload,
  punctuality,
  evaluation,
  lives,
  presence,
}
/** Minutes to hours long: only when named. */
const LONG: Readonly<Record<string, () => Promise<Figure[]>>> = { accounts }

function shown(figure: Figure): string {
  const number = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
  const against =
    figure.yardstick === null
      ? ''
      : `  ${figure.yardstick.name} ${number(figure.yardstick.value)} ${figure.unit}  ratio ${figure.ratio?.toFixed(2)}`
  const goal = figure.goal === '' ? '' : `  (goal ${figure.goal})`
  return `${figure.name}: ${number(figure.value)} ${figure.unit}${against}${goal}`
}

const words = process.argv.slice(2)
const names = words.filter((word) => !word.startsWith('--'))
const unknown = names.filter((name) => !Object.hasOwn({ ...FIGURES, ...LONG }, name))
if (unknown.length > 0) {
  process.stderr.write(
    `no figure ${unknown.join(', ')}; there are ${Object.keys({ ...FIGURES, ...LONG }).join(', ')}\n`,
  )
  process.exit(2)
}
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
if (!words.includes('--json')) process.stdout.write(`${about}\n`)
const chosen = Object.entries(names.length === 0 ? FIGURES : { ...FIGURES, ...LONG })
for (const [name, measure] of chosen) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const figure of await measure()) {
    results.push(figure)
    if (!words.includes('--json')) process.stdout.write(`${shown(figure)}\n`)
  }
}
if (words.includes('--json')) process.stdout.write(`${JSON.stringify({ v: 1, machine, versions, figures: results })}\n`)
process.exit(0)
