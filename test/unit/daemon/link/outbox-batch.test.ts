import { describe, expect, it } from 'vitest'
import { putsAfter } from '../../../../src/daemon/link/outbox-batch.ts'
import type { OutboxItem } from '../../../../src/daemon/mirror/rows.ts'
import { MAX_FRAME_BYTES } from '../../../../src/protocol/relay-api.ts'

/** A queued new backup with that in it; a batch looks at no more than the length. */
function item(n: number, body: string): OutboxItem {
  const call = { method: 'backup.put', params: { backups: [{ id: `b${n}`, body }] } } as unknown as OutboxItem['call']
  return { n, at: 1, call, left: false, key: null, args: null, failed: null }
}

describe('a batch of new backups', () => {
  it('takes neighbours as long as they fit into half a frame, in bytes and not in letters', () => {
    const letters = MAX_FRAME_BYTES / 6
    const plain = [1, 2, 3].map((n) => item(n, 'x'.repeat(letters)))
    const [first, ...rest] = plain as [OutboxItem, ...OutboxItem[]]
    expect(putsAfter(first, rest).map(({ n }) => n)).toEqual([2])
    const wide = item(2, '漢'.repeat(letters))
    expect(putsAfter(first, [wide])).toEqual([])
  })

  it('ends at the first change of another kind, and at 500', () => {
    const [first, ...rest] = Array.from({ length: 600 }, (_, n) => item(n, 'x')) as [OutboxItem, ...OutboxItem[]]
    expect(putsAfter(first, rest)).toHaveLength(499)
    const cancel = { ...item(1, 'x'), call: { method: 'backup.cancel', params: { id: 'b1' } } } as unknown as OutboxItem
    expect(putsAfter(first, [cancel, ...rest])).toEqual([])
    expect(putsAfter(cancel, rest)).toEqual([])
  })
})
