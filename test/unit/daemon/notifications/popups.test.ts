import { expect, it } from 'vitest'
import type { Notable, Popup } from '../../../../src/daemon/notifications/notable.ts'
import type { Shown } from '../../../../src/daemon/notifications/notifier.ts'
import { Places } from '../../../../src/daemon/notifications/places.ts'
import { Popups } from '../../../../src/daemon/notifications/popups.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { BO } from '../samples.ts'

function made() {
  const host = fakeHost()
  const asked: { popup: Popup; answer: (shown: Shown | null) => void }[] = []
  const popups = new Popups({
    host,
    notifier: { show: (popup) => new Promise((answer) => asked.push({ popup, answer })) },
    settings: { messages: true, friends: true, preview: 'full' },
    places: new Places({}),
    quiet: () => null,
    isOver: () => false,
    isWatched: () => false,
    turnOff: () => {},
    pressed: () => {},
  })
  return { host, asked, popups }
}

const message = (n: number, uin: Uin = BO): Notable => ({
  kind: 'message',
  uin,
  n,
  name: `${uin}`,
  text: `${n}`,
  mine: false,
})

function note(): Shown & { said: string[] } {
  const said: string[] = []
  return {
    said,
    pressed: new Promise(() => {}),
    withdraw: () => void said.push('withdraw'),
    leave: () => void said.push('leave'),
  }
}

it('a popup that was on its way when the daemon stops keeps no process', async () => {
  const { asked, popups } = made()
  popups.show([message(1)])
  popups.close()
  const shown = note()
  asked[0]?.answer(shown)
  await Promise.resolve()
  await Promise.resolve()
  expect(shown.said).toEqual(['leave'])
})

it('one at a time: what comes while a desktop is slow to answer becomes one digest', async () => {
  const { host, asked, popups } = made()
  popups.show([message(1)])
  for (let n = 0; n < 30; n++) {
    popups.show([message(n, `${1_000_000_000 + n}` as Uin)])
    await host.clock.advanceAsync(2_000)
  }
  expect(asked).toHaveLength(1)
  asked[0]?.answer(note())
  await host.clock.advanceAsync(4_000)
  expect(asked.map(({ popup }) => popup.title)).toEqual([BO, 'While you were away'].map(String))
  expect(asked[1]?.popup.body).toContain('30 messages from 30 people')
})

it('of those on the screen the oldest goes when there are too many, and of one kind the newest stays', async () => {
  const { host, asked, popups } = made()
  const notes: ReturnType<typeof note>[] = []
  const show = async (id: string) => {
    popups.show([{ kind: 'countdown', id, occurrence: 1, uin: BO, to: 'Bo', text: '', seconds: 1 }])
    const shown = note()
    notes.push(shown)
    asked.at(-1)?.answer(shown)
    await host.clock.advanceAsync(10)
  }
  await show('a')
  await show('a')
  expect(notes.map(({ said }) => said)).toEqual([['withdraw'], []])
  for (let n = 0; n < 15; n++) await show(`${n}`)
  expect(notes[1]?.said).toEqual([])
  await show('z')
  expect(notes[1]?.said).toEqual(['withdraw'])
})
