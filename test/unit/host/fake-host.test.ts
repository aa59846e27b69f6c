import { describe, expect, it } from 'vitest'
import { fakeHost, seededBytes } from '../../../src/host/fake-host.ts'

describe('the fake clock', () => {
  it('runs timers in order of their instants, and shows each its own instant', () => {
    const { clock, timers } = fakeHost({ startAt: 1_000 })
    const seen: [string, number][] = []
    const note = (name: string) => () => seen.push([name, clock.now()])
    timers.after(30, note('late'))
    timers.after(10, note('first'))
    timers.after(10, note('second'))
    clock.advance(20)
    expect(seen).toEqual([
      ['first', 1_010],
      ['second', 1_010],
    ])
    expect(clock.now()).toBe(1_020)
    expect(clock.nextTimerAt()).toBe(1_030)
    clock.advance(10)
    expect(seen.at(-1)).toEqual(['late', 1_030])
    expect(clock.pending).toBe(0)
  })

  it('runs what a timer sets, when that comes due within the same advance', () => {
    const { clock, timers } = fakeHost({ startAt: 0 })
    const ticks: number[] = []
    const tick = () => {
      ticks.push(clock.now())
      timers.after(10, tick)
    }
    timers.after(10, tick)
    clock.advance(35)
    expect(ticks).toEqual([10, 20, 30])
  })

  it('forgets a cancelled timer, also one cancelled by an earlier timer of the same instant', () => {
    const { clock, timers } = fakeHost()
    let ran = false
    timers.after(5, () => cancel())
    const cancel = timers.after(5, () => {
      ran = true
    })
    clock.advance(10)
    cancel()
    expect(ran).toBe(false)
  })

  it('lets promises settle between timers when asked to', async () => {
    const { clock, timers } = fakeHost({ startAt: 0 })
    const steps: string[] = []
    timers.after(1, async () => {
      steps.push('one')
      await null
      await null
      steps.push('one, after its promises')
    })
    timers.after(2, () => steps.push('two'))
    await clock.advanceAsync(2)
    expect(steps).toEqual(['one', 'one, after its promises', 'two'])
  })

  it('moves only the wall clock when it jumps', () => {
    const { clock, timers } = fakeHost({ startAt: 0 })
    let ran = false
    timers.after(100, () => {
      ran = true
    })
    clock.jump(60_000)
    expect([clock.now(), clock.monotonic(), ran]).toEqual([60_000, 0, false])
    clock.advance(100)
    expect(ran).toBe(true)
  })
})

describe('the fake machine', () => {
  it('gives the same bytes for the same seed, in whatever lengths', () => {
    const whole = seededBytes('a')(64)
    const parts = seededBytes('a')
    expect(Buffer.concat([parts(1), parts(40), parts(0), parts(23)])).toEqual(Buffer.from(whole))
    expect(seededBytes('b')(64)).not.toEqual(whole)
  })

  it('has the disk space it was told, and keeps its log lines', async () => {
    const host = fakeHost({ freeBytes: 5 })
    host.disk.setFreeBytes(7)
    host.log.warn('disk nearly full', { freeBytes: 7 })
    expect(await host.disk.freeBytes('/')).toBe(7)
    expect(host.log.lines).toEqual([{ level: 'warn', event: 'disk nearly full', fields: { freeBytes: 7 } }])
  })
})
