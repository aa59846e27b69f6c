import type { Host } from '../../host/host.ts'
import type { SnapshotManifest } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import type { RelayConfig } from '../config.ts'
import { lastSnapshot, takeInTurn } from '../durability/snapshot-rota.ts'
import type { Relay } from '../relay.ts'
import { isIdle } from './housekeeping.ts'
import type { Chore } from './schedule.ts'

/** What this relay does at hours of the clock. */
export async function choresOf(
  relay: Relay,
  { housekeeping, snapshot }: RelayConfig,
  { clock }: Host,
  take: (dir: string) => Promise<SnapshotManifest>,
): Promise<Chore[]> {
  const house: Chore = {
    name: 'housekeeping',
    at: housekeeping,
    last: await relay.operator.houseKeptAt(),
    run: async () => {
      const done = await relay.housekeep()
      await relay.operator.houseKept()
      return isIdle(done) ? null : done
    },
  }
  if (snapshot === null) return [house]
  const last = await lastSnapshot(snapshot.dir)
  return [house, { name: 'snapshot', at: snapshot.at, last, run: () => takeInTurn(snapshot, clock.now(), take) }]
}

/** Each would read the whole store: a second has to wait for its turn. */
export function oneAtATime<T>(take: (dir: string) => Promise<T>): (dir: string) => Promise<T> {
  let busy = false
  return async (dir) => {
    if (busy) throw new ImError('LIMIT', 'A snapshot is being taken already.')
    busy = true
    try {
      return await take(dir)
    } finally {
      busy = false
    }
  }
}
