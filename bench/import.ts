/** Ten thousand reminders from a file, until the relay has acknowledged them. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './figure.ts'
import { playground } from './playground.ts'
import { cpuSeconds } from './process.ts'

const COUNT = 10_000
const AT = '2030-01-01T09:00:00Z'

const lines = (): string =>
  Array.from({ length: COUNT }, (_, n) =>
    JSON.stringify({ to: 'me', text: `thing ${n}`, trigger: { conditions: [{ kind: 'time', at: AT }] } }),
  ).join('\n')

export async function imports(): Promise<Figure[]> {
  const place = await playground({ relayToml: '[limits]\nbackupsPerFriend = 20000\n' })
  const directory = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const file = join(directory, 'backups.jsonl')
  try {
    await writeFile(file, lines())
    const { pid } = JSON.parse(place.im(['daemon', 'status', '--json'])) as { pid: number }
    const cpuBefore = cpuSeconds(pid)
    const start = performance.now()
    const { status, stderr } = spawnSync(process.execPath, ['bin/im.js', 'backup', 'import', file], { env: place.env })
    if (status !== 0) throw new Error(`import: exit ${status}: ${String(stderr)}`)
    const told = (performance.now() - start) / 1_000
    await place.stored()
    const seconds = (performance.now() - start) / 1_000
    const cpu = cpuSeconds(pid) - cpuBefore
    const figure = (name: string, value: number, unit: string, goal: string): Figure => {
      return { name, unit, value, yardstick: null, ratio: null, goal }
    }
    return [
      figure('import of 10,000 reminders, acknowledged', COUNT / seconds, 'a second', '>= 2000'),
      figure('of which until the import ends', COUNT / told, 'a second', ''),
      figure('daemon CPU for each', (cpu / COUNT) * 1e6, 'us', ''),
    ]
  } finally {
    await place.close()
    await rm(directory, { recursive: true, force: true })
  }
}
