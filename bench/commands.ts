/** What a verb costs from end to end, against the least a Node program can do. */
import { spawnSync } from 'node:child_process'
import type { Figure } from './figure.ts'
import { type Playground, playground } from './playground.ts'

const RUNS = 31

function wallMs(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { env })
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${String(stderr)}`)
  return performance.now() - start
}

/** The two in turn, so that a drift of the machine meets both. */
function pairedMedians(args: readonly string[], env: NodeJS.ProcessEnv): { verb: number; node: number } {
  const verb: number[] = []
  const node: number[] = []
  for (let run = 0; run < RUNS; run++) {
    verb.push(wallMs(args, env))
    node.push(wallMs(['-e', '0'], env))
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN
  return { verb: median(verb), node: median(node) }
}

function figure(name: string, { env }: Playground, words: readonly string[]): Figure {
  const { verb, node } = pairedMedians(['bin/im.js', ...words], env)
  return {
    name,
    unit: 'ms',
    value: verb,
    yardstick: { name: 'node -e 0', value: node },
    ratio: verb / node,
    goal: '<= 1.3 x',
  }
}

export async function commands(): Promise<Figure[]> {
  const place = await playground()
  try {
    const [id = ''] = place.im(['backup', 'list', '-q']).split('\n')
    const verbs: [string, readonly string[]][] = [
      ['im --version', ['--version']],
      ['im (dashboard)', []],
      ['im backup list', ['backup', 'list']],
      ['im backup list --json', ['backup', 'list', '--json']],
      ['im backup show ID', ['backup', 'show', id]],
      ['im remind', ['remind', 'x', '--in', '3d']],
      ['im send me', ['send', 'me', 'x']],
      ['im inbox', ['inbox']],
      ['im who', ['who']],
      ['im whoami', ['whoami']],
    ]
    return verbs.map(([name, words]) => figure(name, place, words))
  } finally {
    await place.close()
  }
}
