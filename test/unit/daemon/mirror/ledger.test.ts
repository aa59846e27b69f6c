import { describe, expect, it } from 'vitest'
import { keys } from '../../../../src/daemon/mirror/rows.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import { MemoryWitness } from '../../../../src/store/witness.ts'
import { turn } from '../../../support/turn.ts'
import { BO, friend, openLedger } from '../samples.ts'

const put = (nick: string) => (tx: { put(key: string, value: unknown): void }) =>
  tx.put(keys.friend(BO), friend({ nick }))

async function bench() {
  const disk = new MemoryDisk()
  const { ledger } = await openLedger(disk, new MemoryWitness())
  const { writes } = disk
  const order: string[] = []
  const note = (what: string) => () => void order.push(what)
  return { disk, ledger, order, note, writesSince: () => disk.writes - writes }
}

describe('the ledger', () => {
  it('has a change in memory before it is on disk, and says of what was made here only then', async () => {
    const { disk, ledger, order, note } = await bench()
    const write = disk.holdSync()
    const changed = ledger.change(put('Bo'), note('decided')).then(note('on disk'))
    await turn()
    const kept = ledger.kept().then(note('kept'))
    await turn()
    expect(ledger.state.friends.get(BO)?.nick).toBe('Bo')
    expect(order).toEqual(['decided'])
    write()
    await Promise.all([changed, kept])
    expect(order.slice(1).sort()).toEqual(['kept', 'on disk'])
  })

  it('waits for no disk with what the relay has said', async () => {
    const { disk, ledger, writesSince } = await bench()
    const write = disk.holdSync()
    const { onDisk } = await ledger.take(put('Bo'))
    expect(ledger.state.friends.get(BO)?.nick).toBe('Bo')
    expect(await ledger.read((reader) => reader.get(keys.friend(BO)))).toMatchObject({ nick: 'Bo' })
    await ledger.kept()
    expect(writesSince()).toBe(0)
    write()
    await onDisk
    expect(writesSince()).toBe(1)
  })

  it('runs changes one after another: each sees the one before, and they share a write', async () => {
    const { disk, ledger, writesSince } = await bench()
    const write = disk.holdSync()
    const changes = ['a', 'b', 'c'].map((letter) =>
      ledger.change((tx) => {
        const before = tx.friend(BO)?.nick ?? ''
        tx.put(keys.friend(BO), friend({ nick: `${before}${letter}` }))
      }),
    )
    await turn()
    expect(ledger.state.friends.get(BO)?.nick).toBe('abc')
    write()
    await Promise.all(changes)
    expect(writesSince()).toBe(2)
  })

  it('leaves memory as it was where a change is refused', async () => {
    const { ledger } = await bench()
    const refused = ledger.change((tx) => {
      tx.put(keys.friend(BO), friend())
      throw new Error('no')
    })
    await expect(refused).rejects.toThrow('no')
    expect(ledger.state.friends.size).toBe(0)
    expect(ledger.sound).toBe(true)
    await ledger.kept()
  })

  it('says that nothing is kept any more once a write has failed', async () => {
    const { disk, ledger } = await bench()
    disk.failNextWrite(new Error('broken'))
    await expect(ledger.change(put('Bo'))).rejects.toMatchObject({ reason: 'io' })
    await expect(ledger.kept()).rejects.toMatchObject({ reason: 'io' })
    expect(ledger.sound).toBe(false)
  })
})
