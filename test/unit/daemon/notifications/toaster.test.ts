/** What node-notifier is asked for on macOS and Windows, and how its answers are read (its README, and lib/utils.js). */
import { expect, it } from 'vitest'
import { type ToastModule, toaster } from '../../../../src/daemon/notifications/toaster.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { popup } from '../../../support/desktop.ts'

type Callback = Parameters<ToastModule['notify']>[1]

function fake(platform: NodeJS.Platform) {
  const host = fakeHost()
  const asked: { options: Readonly<Record<string, unknown>>; callback: Callback }[] = []
  const load = async (): Promise<ToastModule> => ({
    notify: (options, callback) => asked.push({ options, callback }),
  })
  return { asked, host, show: toaster({ platform, timers: host.timers, load }) }
}

const REMINDER = popup({ title: 'Reminder: Bo', body: 'tea', tag: 'backup:1', buttons: ['open', 'send', 'snooze'] })

async function shown(made: ReturnType<typeof fake>, note = REMINDER) {
  const showing = made.show(note, {})
  await Promise.resolve()
  await Promise.resolve()
  await made.host.clock.advance(1_000)
  return showing
}

it('macOS: the first button is a click on the note, the others are in its menu', async () => {
  const made = fake('darwin')
  const note = await shown(made)
  expect(made.asked[0]?.options).toEqual({
    title: 'Reminder: Bo',
    message: 'tea',
    group: 'backup:1',
    timeout: 43_200,
    actions: ['Send now', 'Snooze'],
    dropdownLabel: 'More',
    closeLabel: 'Later',
  })
  note?.withdraw()
  expect(made.asked[1]?.options).toEqual({ remove: 'backup:1', timeout: false })
})

it('Windows: each button by its name, and closed by its number', async () => {
  const made = fake('win32')
  const note = await shown(made)
  expect(made.asked[0]?.options).toEqual({
    title: 'Reminder: Bo',
    message: 'tea',
    id: 1,
    actions: ['Open', 'Send now', 'Snooze'],
  })
  note?.withdraw()
  expect(made.asked[1]?.options).toEqual({ close: 1 })
})

it.each<[NodeJS.Platform, string, string | undefined, string | null]>([
  ['darwin', 'activate', undefined, 'open'],
  ['darwin', 'activate', 'Send now', 'send'],
  ['darwin', 'activate', 'Snooze', 'snooze'],
  ['darwin', 'timeout', undefined, null],
  ['darwin', 'closed', 'Later', null],
  ['win32', 'activate', undefined, 'open'],
  ['win32', 'open', undefined, 'open'],
  ['win32', 'send now', undefined, 'send'],
  ['win32', 'snooze', undefined, 'snooze'],
  ['win32', 'dismissed', undefined, null],
  ['win32', 'timeout', undefined, null],
])('on %s the answer %s %s means %s', async (platform, response, label, button) => {
  const made = fake(platform)
  const note = await shown(made)
  made.asked[0]?.callback(null, response, label === undefined ? {} : { activationValue: label })
  expect(await note?.pressed).toBe(button)
})

it('a note without buttons has a click that means nothing, and says what to type', async () => {
  const made = fake('darwin')
  const note = await shown(made, popup({ body: 'b', hint: 'im', tag: 't' }))
  expect(made.asked[0]?.options).toEqual({ title: 'a', message: 'b\nim', group: 't', timeout: false })
  made.asked[0]?.callback(null, 'activate', {})
  expect(await note?.pressed).toBeNull()
})

it('is none where node-notifier fails, or is not there', async () => {
  const made = fake('win32')
  const showing = made.show(REMINDER, {})
  await Promise.resolve()
  await Promise.resolve()
  made.asked[0]?.callback(new Error('no toasts here'))
  expect(await showing).toBeNull()
  const { timers } = made.host
  const missing = toaster({ platform: 'win32', timers, load: () => Promise.reject(new Error('missing')) })
  expect(await missing(REMINDER, {})).toBeNull()
})
