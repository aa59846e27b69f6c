import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backupOf, QueuedCalls } from '../../../../src/daemon/mirror/queued-calls.ts'
import type { OutboxItem, QueuedCall } from '../../../../src/daemon/mirror/rows.ts'

const cancel = (id: string): QueuedCall => ({ method: 'backup.step', params: { id, change: 'c', step: 'cancel' } })
const nick: QueuedCall = { method: 'setting.put', params: { nick: 'Ana' } }

const item = (n: number, about: string | null): OutboxItem => {
  return { n, at: 0, call: about === null ? nick : cancel(about), left: false, key: null, args: null, failed: null }
}

const number = fc.integer({ min: 1, max: 8 })
const about = fc.constantFrom('a', 'b', 'c', null)

it('finds what is queued about each backup, oldest first, whatever was put, put again and taken out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'delete'), number, about)), (steps) => {
      const calls = new QueuedCalls()
      const plain = new Map<number, OutboxItem>()
      for (const [what, n, id] of steps) {
        for (const map of [calls, plain]) what === 'set' ? map.set(n, item(n, id)) : map.delete(n)
      }
      expect([...calls.values()]).toEqual([...plain.values()])
      for (const id of ['a', 'b', 'c', null]) {
        const wanted = [...plain.values()].filter((one) => backupOf(one) === id).sort((x, y) => x.n - y.n)
        expect(calls.about(id)).toEqual(wanted)
      }
      const ids = [...plain.values()].map(backupOf).filter((id) => id !== null)
      expect(calls.backups().sort()).toEqual([...new Set(ids)].sort())
    }),
  )
})
