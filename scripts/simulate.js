// npm run simulate -- --seeds N [--seed S]: lives of small worlds, each a function of its seed. See docs/testing.md.
// It runs as one bundle without splitting: an import() is then no matter of the disk, and a run repeats exactly.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    /** Processes at once. */
    workers: { type: 'string', default: '2' },
    /** No new seed is begun after that many seconds. */
    within: { type: 'string', default: '1000000' },
    /** Prints everything that happened. */
    trace: { type: 'boolean', default: false },
    /** A pattern: the first seed that breaks something of that name ends it. */
    bail: { type: 'string' },
    /** Prints the hash of each seed's trace. */
    hashes: { type: 'boolean', default: false },
  },
})

/** A life makes much that is soon forgotten: with more room for it, a tenth of the time is saved. */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=64']
/** A seed takes a tenth of a second; one that takes this long would never end. */
const PATIENCE_MS = 60_000
/** Failing seeds that are told in full. */
const TOLD = 5

async function bundle(outfile) {
  await build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: ['test/simulation/worker.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Never reached: a run has its disk in memory and a login that takes anybody.
    external: ['level', '@serenity-kit/opaque'],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
}

const children = new Set()

/** Every `workers`th seed from `first` on, in a process of its own. */
function work(program, { first, count, workers }, onOutcome) {
  const orders = { first, count, step: workers, within: Number(values.within), trace: values.trace }
  const child = spawn(process.execPath, [...NODE_FLAGS, program, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let next = first
  const watch = () =>
    setTimeout(() => {
      child.kill('SIGKILL')
      const faults = [`it goes on without an end: nothing for ${PATIENCE_MS / 1000} s`]
      onOutcome({ seed: next, hash: '', faults, tail: [], counts: {} })
    }, PATIENCE_MS)
  let late = watch()
  children.add(child)
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(late)
    late = watch()
    const outcome = JSON.parse(line)
    next = outcome.seed + workers
    onOutcome(outcome)
  })
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      children.delete(child)
      clearTimeout(late)
      resolve(code)
    })
  })
}

const first = Number(values.seed)
const seeds = Number(values.seeds)
const workers = Math.max(1, Math.min(Number(values.workers), seeds))
const dir = mkdtempSync(join(tmpdir(), 'im-simulation-'))
const since = Date.now()
const sum = { seeds: 0, commands: 0, messages: 0, backups: 0, cancels: 0 }
const failed = []
try {
  const program = join(dir, 'simulation.mjs')
  await bundle(program)
  const codes = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const count = Math.ceil((seeds - index) / workers)
      return work(program, { first: first + index, count, workers }, ({ seed, hash, faults, tail, counts }) => {
        sum.seeds++
        for (const [what, count] of Object.entries(counts)) sum[what] += count
        if (values.hashes) console.log(`${seed} ${hash}`)
        if (values.trace) console.log([...tail, `trace ${hash}`].join('\n'))
        if (faults.length === 0) return
        failed.push(seed)
        const enough = values.bail !== undefined && faults.some((fault) => new RegExp(values.bail).test(fault))
        if (enough) for (const child of children) child.kill()
        if (failed.length > TOLD && !enough) return
        console.log(`seed ${seed} breaks:\n  ${faults.join('\n  ')}`)
        if (!values.trace) {
          console.log(`the end of its trace:\n  ${tail.join('\n  ')}`)
          console.log(`all of it: npm run simulate -- --seed ${seed} --seeds 1 --trace`)
        }
      })
    }),
  )
  if (codes.some((code) => code !== 0)) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}
const seconds = (Date.now() - since) / 1000
const { commands, backups, messages, cancels } = sum
console.log(
  `${sum.seeds} seeds, ${failed.length} failed, in ${seconds.toFixed(1)} s: ${Math.round((sum.seeds / seconds) * 60)} a minute` +
    ` (${commands} commands, ${backups} backups, ${messages} messages, ${cancels} cancelled)`,
)
if (failed.length > 0) {
  console.log(`failed: ${failed.slice(0, 50).join(' ')}`)
  process.exitCode = 1
}
