import { describe, expect, it } from 'vitest'
import { forgettable } from '../../../src/daemon/retention.ts'
import { nothingSeen } from '../../../src/daemon/sightings.ts'
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts'
import { backup } from './samples.ts'

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
})
