import { describe, expect, it } from 'vitest'
import type { BackupState } from '../../../src/domain/backup.ts'
import { assertStep, isLive, mayFollow } from '../../../src/domain/life.ts'

const STATES: readonly BackupState[] = [
  'armed',
  'held',
  'due',
  'sent',
  'dismissed',
  'cancelled',
  'missed',
  'expired',
  'failed',
]

describe('the life of a backup', () => {
  it.each<[BackupState, string]>([
    ['armed', 'armed held due sent cancelled missed expired failed'],
    ['held', 'armed held sent cancelled expired'],
    ['due', 'armed held due sent dismissed cancelled missed expired failed'],
    ['sent', ''],
    ['dismissed', 'armed held'],
    ['cancelled', 'armed held'],
    ['missed', 'armed'],
    ['expired', 'armed'],
    ['failed', 'armed'],
  ])('after %s comes: %s', (from, followers) => {
    expect(STATES.filter((to) => mayFollow(from, to)).join(' ')).toBe(followers)
  })

  it('refuses an illegal step with both names', () => {
    expect(() => assertStep('sent', 'armed')).toThrow('a backup cannot go from sent to armed')
  })

  it('can still be sent while armed, held or due', () => {
    expect(STATES.filter(isLive)).toEqual(['armed', 'held', 'due'])
  })
})
