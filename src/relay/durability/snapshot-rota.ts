/** Snapshots taken by the clock: each in a directory of its own, named by its moment, the oldest removed. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../domain/instant.ts'
import { systemCode } from '../../host/host-error.ts'
import { ensurePrivateDir } from '../../host/private-dir.ts'
import type { SnapshotManifest } from '../../protocol/admin-api.ts'

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
/** What a relay that was killed left of one. */
const PART = /^\d{8}T\d{6}Z\.part-/

/** When the newest one there was taken, by its name: one that was spoilt since keeps no relay from starting. Null: there is none. */
export async function lastSnapshot(dir: string): Promise<Instant | null> {
  const newest = (await names(dir)).filter((name) => NAME.test(name)).at(-1)
  if (newest === undefined) return null
  return Date.parse(newest.replace(NAME, '$1-$2-$3T$4:$5:$6Z'))
}

/** Takes one, and removes all but the newest `keep`: only once there is a new one. */
export async function takeInTurn(
  { dir, keep }: { dir: string; keep: number },
  now: Instant,
  take: (dir: string) => Promise<SnapshotManifest>,
): Promise<{ snapshot: string; accounts: number; removed: number }> {
  ensurePrivateDir(dir)
  const taken = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const snapshot = join(dir, taken)
  const { accounts } = await take(snapshot)
  const there = await names(dir)
  const others = there.filter((name) => NAME.test(name) && name !== taken)
  // What is named later was taken before all the same, by a clock that was ahead: it is the first to go.
  const inTurn = [...others.filter((name) => name > taken), ...others.filter((name) => name < taken)]
  const tooMany = Math.max(0, inTurn.length + 1 - keep)
  const old = [...inTurn.slice(0, tooMany), ...there.filter((name) => PART.test(name))]
  for (const name of old) await rm(join(dir, name), { recursive: true, force: true })
  return { snapshot, accounts, removed: old.length }
}

async function names(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
