import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let ana: string
let bo: string

beforeEach(async () => {
  ;({ world, desk, phone, ana, bo } = await twoFriends())
})

afterEach(() => world.close())

describe('im history', () => {
  it('finds a word in what waits for the relay, however its letters are composed', async () => {
    await desk.call('message.send', { to: bo, text: 'the cafe\u0301 is open' })
    await desk.offline()
    await desk.call('message.send', { to: bo, text: 'the CAFE\u0301 is closed' })
    const found = await desk.call('message.history', { who: bo, limit: 10, grep: 'caf\u00e9' })
    expect(found.map(({ state }) => state)).toEqual(['delivered', 'queued'])
  })

  describe('where older messages are at the relay alone', () => {
    let train: Terminal

    beforeEach(async () => {
      for (let n = 1; n <= 60; n++) await desk.call('message.send', { to: bo, text: `number ${n}` })
      // What nobody has read yet comes with a login, however much it is.
      await phone.call('message.send', { to: ana, text: 'stop' })
      await desk.call('message.inbox', { unread: true, markRead: true })
      train = await world.terminal('train')
      await train.login(ana)
    })

    const shown = async () => {
      const answer = train.begin('message.history', { who: bo, limit: 100 })
      await world.pass(3_000)
      return (await answer).length
    }

    it('has them come', async () => {
      expect(await shown()).toBe(61)
    })

    it('shows what is here when the relay does not answer within two seconds', async () => {
      train.deaf(true)
      expect(await shown()).toBe(50)
    })
  })
})
