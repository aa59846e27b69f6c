import { describe, expect, it } from 'vitest'
import { forgettable, forgettableItems } from '../../../../src/daemon/mirror/retention.ts'
import type { OutboxItem } from '../../../../src/daemon/mirror/rows.ts'
import { nothingSeen } from '../../../../src/daemon/mirror/sightings.ts'
import { DEFAULT_LIMITS } from '../../../../src/protocol/limits.ts'
import { backup } from '../samples.ts'

const row = (id: string, endedAt: number | null) => {
  const record = backup(id, { endedAt, state: endedAt === null ? 'armed' : 'sent' })
  return { record, seen: nothingSeen(record, true), logged: null, args: null, local: false }
}

describe('what ended', () => {
  it('is forgotten when it is too long ago, or one of too many; what lives never is', () => {
    const rows = [row('live', null), row('old', 10), row('older', 5), row('new', 1_000), row('newest', 1_001)]
    expect(forgettable(rows, { ...DEFAULT_LIMITS, finishedForMs: 500 }, 1_100)).toEqual(['old', 'older'])
    expect(forgettable(rows, { ...DEFAULT_LIMITS, finishedBackups: 1 }, 1_100)).toEqual(['new', 'old', 'older'])
  })

  it('goes for changes that were refused, too; what still has to go out never is', () => {
    const item = (n: number, at: number | null) => ({ n, failed: at === null ? null : { at } }) as unknown as OutboxItem
    const items = [item(1, null), item(2, 10), item(3, 5), item(4, 1_000), item(5, 1_001)]
    expect(forgettableItems(items, { ...DEFAULT_LIMITS, finishedForMs: 500 }, 1_100)).toEqual([2, 3])
    expect(forgettableItems(items, { ...DEFAULT_LIMITS, finishedBackups: 1 }, 1_100)).toEqual([4, 2, 3])
  })
})
