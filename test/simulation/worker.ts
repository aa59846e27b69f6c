/** Runs the seeds it is told to and writes one outcome a line. Bundled and started by scripts/simulate.js. */
import { nodeClock } from '../../src/host/node-host.ts'
import { useThisCrypto } from './prompt-crypto.ts'
import { run } from './run.ts'
import { Beginnings } from './world.ts'

interface Orders {
  first: number
  count: number
  step: number
  /** No seed is begun after that many seconds. */
  within: number
  trace: boolean
}

/** Lines of a failing run that are shown at once. */
const TAIL = 60
const WHOLE = 1_000_000

useThisCrypto()
const orders = JSON.parse(process.argv[2] ?? '') as Orders
const beginnings = new Beginnings()
const until = nodeClock.monotonic() + orders.within * 1000
for (let n = 0; n < orders.count && nodeClock.monotonic() < until; n++) {
  const seed = orders.first + n * orders.step
  const outcome = await run(seed, beginnings, orders.trace ? WHOLE : 0)
  // Its lines are written by living it once more: nobody reads those of the others.
  const told = outcome.faults.length > 0 && !orders.trace ? await run(seed, beginnings, TAIL) : outcome
  process.stdout.write(`${JSON.stringify(told)}\n`)
}
