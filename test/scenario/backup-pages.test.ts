/** Lists that are more than one answer can hold come in pages; whatever happens between two of them. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LocalResults } from '../../src/protocol/local-api.ts'
import type { BackupView } from '../../src/protocol/views.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'

const LIVE = { due: false, all: false }
const LONG = 'x'.repeat(16_000)
/** With these texts a page and a part of another; as many short ones are a part of one. */
const MANY = 600

let world: InProcess
let desk: Terminal

beforeEach(async () => {
  world = await inProcess()
  desk = await world.terminal('desk')
  await desk.register('Ana')
  const rows = Array.from({ length: MANY }, (_, n) => ({ line: n + 1, backup: { to: 'me', text: `${n} ${LONG}` } }))
  for (const some of [rows.slice(0, 500), rows.slice(500)]) {
    await desk.call('backup.import', { rows: some, dryRun: false, onConflict: 'skip' })
  }
  await world.settle()
})
afterEach(() => world.close())

async function pages(between = async (_page: readonly BackupView[]) => {}): Promise<BackupView[][]> {
  const all: BackupView[][] = []
  for (let after: string | null = null; ; ) {
    const { rows, next }: LocalResults['backup.page'] = await desk.call('backup.page', { ...LIVE, after })
    all.push(rows)
    if (next === null) return all
    await between(rows)
    after = next
  }
}

const ids = (rows: readonly BackupView[]) => rows.map(({ id }) => id)

async function exported(): Promise<BackupView[]> {
  const found: BackupView[] = []
  for (let after: string | null = null; ; ) {
    const { rows, next }: LocalResults['account.export'] = await desk.call('account.export', { after })
    found.push(...rows.flatMap((row) => (row.type === 'backup' ? [row.backup] : [])))
    if (next === null) return found
    after = next
  }
}

it('together they are the list, and what the account exports; none is more than a few megabytes', async () => {
  const all = await pages()
  expect(all.map((page) => page.length > 500)).toEqual([true, false])
  expect(ids(all.flat())).toEqual(ids(await desk.call('backup.list', LIVE)))
  expect(await desk.call('backup.ids', LIVE)).toEqual({ ids: ids(all.flat()), stale: false })
  for (const page of all) expect(JSON.stringify(page).length).toBeLessThan(16 * 2 ** 20)
  expect(ids(await exported())).toEqual(ids(all.flat()))
  for (const after of ['', 'x', '12', '12.', '-1.abc', `${'9'.repeat(20)}.abc`]) {
    expect((await desk.fails('backup.page', { ...LIVE, after })).code).toBe('USAGE')
  }
})

it('they go on behind the last row though that row is no longer wanted', async () => {
  const before = ids(await desk.call('backup.list', LIVE))
  const all = await pages(async (page) => {
    await desk.call('backup.cancel', { ids: [page.at(-1)?.id ?? ''] })
  })
  expect(ids(all.flat())).toEqual(before)
})
