import { expect, it } from 'vitest'
import type { Event } from '../../../../src/cli/chat/model.ts'
import { newChat } from '../../../../src/cli/chat/model.ts'
import { Session } from '../../../../src/cli/chat/session.ts'
import { nodeClock, nodeTimers } from '../../../../src/host/node-host.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import { backupView } from '../../../support/views.ts'

class Scripted extends Session {
  readonly names: unknown[] = []
  readonly fates: (ImError | null)[] = []

  override call(_method: string, params: object): Promise<never> {
    this.names.push('once' in params ? params.once : null)
    const fate = this.fates.shift() ?? null
    return fate === null ? Promise.resolve(backupView() as never) : Promise.reject(fate)
  }
}

it('an add whose answer was lost goes again under its name; what was answered, or is another, has a new one', async () => {
  const told: Event[] = []
  const io = { timers: nodeTimers, clock: nodeClock }
  const chat = newChat('1', { columns: 80, rows: 24 })
  const session = new Scripted({
    context: { io } as never,
    tell: (event) => told.push(event),
    chat: () => chat,
    prefix: 'window',
  })
  const keep = async (text: string, fate: ImError | null): Promise<void> => {
    session.fates.push(fate)
    const before = told.length
    session.perform({ do: 'keep', to: '2', text, words: 'in 2h', send: false })
    await expect.poll(() => told.length).toBe(before + 1)
  }
  const gone = new ImError('DAEMON_UNREACHABLE')
  await keep('later', gone)
  await keep('later', gone)
  await keep('other', gone)
  await keep('later', null)
  await keep('later', new ImError('LIMIT'))
  await keep('later', null)
  expect(told.map(({ on }) => on)).toEqual(['not-kept', 'not-kept', 'not-kept', 'kept', 'not-kept', 'kept'])
  const [first, second, other, third, fourth, fifth] = session.names
  expect([second, third]).toEqual([first, first])
  expect(new Set([first, other, fourth, fifth]).size).toBe(4)
})
