import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NotifyCommand, notice } from '../../../../src/daemon/notifications/notify-command.ts'
import { commandRunner } from '../../../../src/daemon/run-command.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { nodeTimers } from '../../../../src/host/node-host.ts'
import { popup } from '../../../support/desktop.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { eventually } from '../../../support/wait-for.ts'

it('runs one at a time, in order, and lets go what is too much', async () => {
  const running: string[] = []
  const ends: ((failure: string | null) => void)[] = []
  const run = (_command: readonly string[], input: string) => {
    running.push(JSON.parse(input).title)
    return new Promise<string | null>((resolve) => ends.push(resolve))
  }
  const command = new NotifyCommand({ command: ['x'], run, host: fakeHost() })
  const given = Array.from({ length: 25 }, (_, n) => command.give(popup({ title: `${n}` })))
  expect(await Promise.all(given.slice(20))).toEqual(Array(5).fill(false))
  expect(command.failure).toContain('faster than it takes them')
  for (let n = 0; n < 20; n++) {
    await eventually(() => expect(running).toHaveLength(n + 1))
    ends[n]?.(n === 18 ? 'It ended with 1.' : null)
    expect(await given[n]).toBe(n !== 18)
  }
  expect(running).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`))
  expect(command.failure).toBeNull()
})

it('is killed when its time is over, with all it has started', async () => {
  const folder = await tempDir()
  const pidFile = join(folder, 'pid')
  await writeFile(
    join(folder, 'slow'),
    `#!/bin/sh\nsleep 60 &\necho $! > '${pidFile}.part' && mv '${pidFile}.part' '${pidFile}'\nwait\n`,
    { mode: 0o755 },
  )
  const run = commandRunner(process.env, nodeTimers, 500)
  expect(await run([join(folder, 'slow')], '')).toBe('It ended with SIGKILL.')
  const { readFile } = await import('node:fs/promises')
  const pid = Number(await readFile(pidFile, 'utf8'))
  await eventually(async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z ')
    expect(stat).toMatch(/ Z /)
  })
})

it('ends with the daemon: the one that runs is killed, no other is started', async () => {
  const run = commandRunner(process.env, nodeTimers, 60_000)
  const command = new NotifyCommand({ command: ['sleep', '60'], run, host: fakeHost() })
  const given = [command.give(popup({})), command.give(popup({}))]
  await Promise.resolve()
  await Promise.resolve()
  command.close()
  expect(await Promise.all(given)).toEqual([false, false])
  expect(command.failure).toContain('SIGKILL')
})

it('says what it could not do: no such program, another end', async () => {
  const run = commandRunner(process.env, nodeTimers, 5_000)
  expect(await run(['/nowhere/at all'], '')).toBe('There is no such program.')
  expect(await run(['sh', '-c', 'exit 3'], 'unread')).toBe('It ended with 3.')
})

it('tells no names where the owner wants none told', () => {
  const about = { kind: 'backup', uin: '1000000008', id: 'x', occurrence: 1, state: 'due' } as never
  expect(notice(popup({ about, nick: null }))).toMatchObject({ uin: null, nick: null, backupId: 'x' })
  expect(notice(popup({ about, nick: 'Bo' }))).toMatchObject({ uin: '1000000008', nick: 'Bo', backupId: 'x' })
})
