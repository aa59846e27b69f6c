import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChatWindows } from '../../src/daemon/chat-windows.ts'
import type { LocalSession } from '../../src/daemon/core.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'

const BO = '1000000008' as Uin

function window(): { session: LocalSession; shown: unknown[]; close: () => void } {
  const gone = new AbortController()
  const shown: unknown[] = []
  return {
    session: { hello: null, signal: gone.signal, tell: (_event, params) => shown.push(params) },
    shown,
    close: () => gone.abort(),
  }
}

describe('conversation windows', () => {
  const about = { uin: BO, backupId: null }

  it('the one used last is told, and the one before it when that has closed', () => {
    const chats = new ChatWindows()
    const [first, second] = [window(), window()]
    expect(chats.focus(about)).toBe(false)
    chats.attach(first.session)
    chats.attach(second.session)
    chats.focus(about)
    chats.active(first.session, null, 1)
    chats.focus(about)
    expect([first.shown.length, second.shown.length]).toEqual([1, 1])
    first.close()
    expect(chats.focus(about)).toBe(true)
    expect([first.shown.length, second.shown.length]).toEqual([1, 2])
    second.close()
    expect(chats.focus(about)).toBe(false)
  })

  it('attached twice it is one window, and a closed one never comes back', () => {
    const chats = new ChatWindows()
    const one = window()
    chats.attach(one.session)
    chats.attach(one.session)
    one.close()
    chats.attach(one.session)
    chats.active(one.session, null, 1)
    expect(chats.focus(about)).toBe(false)
  })

  it('a conversation is watched while the window used last shows it', () => {
    const chats = new ChatWindows()
    const [first, second] = [window(), window()]
    chats.active(first.session, BO, 100)
    expect([chats.isWatched(BO, 100), chats.isWatched(BO, 101)]).toEqual([true, false])
    chats.active(second.session, null, 110)
    expect(chats.isWatched(BO, 100)).toBe(false)
  })
})

describe('a window at a daemon', () => {
  let world: InProcess
  let desk: Terminal

  beforeEach(async () => {
    world = await inProcess()
    desk = await world.terminal('desk')
  })
  afterEach(() => world.close())

  it('needs somebody logged in, and a friend there is', async () => {
    expect((await desk.fails('chat.attach', {})).code).toBe('NOT_LOGGED_IN')
    await desk.register('Ana')
    expect(await desk.call('chat.attach', {})).toEqual({ v: 1 })
    expect((await desk.fails('chat.active', { who: 'nobody' })).code).toBe('NO_SUCH_FRIEND')
    expect(await desk.call('chat.active', { who: 'me' })).toEqual({ v: 1 })
    expect(await desk.call('chat.active', { who: null })).toEqual({ v: 1 })
  })

  it('a key pressed in it makes its owner online', async () => {
    await desk.register('Ana')
    const bo = await world.terminal('phone')
    const boUin = (await bo.register('Bo')).uin ?? ''
    await desk.call('friend.add', { who: boUin })
    await bo.call('friend.accept', { who: (await desk.call('account.whoami', {})).uin ?? '' })
    await desk.call('chat.attach', {})
    await world.pass(16 * 60_000)
    expect((await bo.call('presence.of', { who: ['Ana'] }))[0]?.presence).toBe('away')
    await desk.call('chat.active', { who: 'Bo' })
    await world.settle()
    expect((await bo.call('presence.of', { who: ['Ana'] }))[0]?.presence).toBe('online')
  })

  it('only a key in it says that somebody is there: what a window asks by itself does not', async () => {
    await desk.register('Ana')
    const bo = await world.terminal('phone')
    const boUin = (await bo.register('Bo')).uin ?? ''
    await desk.call('friend.add', { who: boUin })
    await bo.call('friend.accept', { who: (await desk.call('account.whoami', {})).uin ?? '' })
    const { session } = window()
    const ask = async (method: string, params: object) => {
      await desk.daemon.handle(method, params, session)
      await world.settle()
    }
    await ask('hello', { version: '0.0.0', zone: 'UTC', person: false, desktop: {} })
    await ask('chat.attach', {})
    await world.pass(16 * 60_000)
    await ask('chat.people', {})
    expect((await bo.call('presence.of', { who: ['Ana'] }))[0]?.presence).toBe('away')
    await ask('chat.active', { who: null })
    expect((await bo.call('presence.of', { who: ['Ana'] }))[0]?.presence).toBe('online')
  })
})
