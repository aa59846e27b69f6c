import { tmpdir } from 'node:os'
import { expect, it, vi } from 'vitest'
import { recordingLog } from '../../../src/host/fake-host.ts'
import { nodeHost, nodeTimers } from '../../../src/host/node-host.ts'

it('keeps a wait longer than one setTimeout can', () => {
  vi.useFakeTimers()
  try {
    const days = 86_400_000
    let ran = 0
    nodeTimers.after(60 * days, () => {
      ran += 1
    })
    const cancel = nodeTimers.after(60 * days, () => {
      ran += 10
    })
    vi.advanceTimersByTime(59 * days)
    expect(ran).toBe(0)
    cancel()
    vi.advanceTimersByTime(2 * days)
    expect(ran).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})

it('shows the clock, random bytes and the disk of this machine', async () => {
  const { clock, random, disk } = nodeHost({ log: recordingLog() })
  const before = clock.monotonic()
  expect(clock.now()).toBeGreaterThan(Date.UTC(2025, 0, 1))
  expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
  expect(random(32)).not.toEqual(random(32))
  expect(await disk.freeBytes(tmpdir())).toBeGreaterThan(0)
})
