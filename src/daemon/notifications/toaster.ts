/** Notes on macOS and Windows, through node-notifier. */
import type { Timers } from '../../host/host.ts'
import { BUTTON_LABELS, bodyWithHint, type ShowOnDesktop } from './desktop.ts'
import type { Button } from './notable.ts'
import type { Shown } from './notifier.ts'

/** What of node-notifier is used. Its answer comes when the note has gone from the screen, or could not be shown. */
export interface ToastModule {
  notify(
    options: Readonly<Record<string, unknown>>,
    callback: (error: Error | null, response?: string, metadata?: { activationValue?: string }) => void,
  ): unknown
}

export interface ToasterOptions {
  platform: NodeJS.Platform
  timers: Timers
  load?: () => Promise<ToastModule>
}

/** A note that could not be shown has said so by then. */
const REFUSED_WITHIN_MS = 1_000
/** macOS takes a note with buttons down after this time, and its process with it. */
const STANDS_S = 12 * 60 * 60

export function toaster({ platform, timers, load = loadNodeNotifier }: ToasterOptions): ShowOnDesktop {
  let last = 0
  return async (note) => {
    const module = await load().catch(() => null)
    if (module === null) return null
    last += 1
    const number = last
    const labels = note.buttons.map((button) => BUTTON_LABELS[button])
    const body = note.buttons.length > 0 ? note.body : bodyWithHint(note)
    const about = { title: note.title, message: body || ' ' }
    const options = platform === 'darwin' ? onMac(about, labels, note.tag) : { ...about, id: number, actions: labels }
    const off = platform === 'darwin' ? { remove: note.tag, timeout: false } : { close: number }
    return show(module, options, off, note.buttons, timers)
  }
}

/** A click on the note is the first button already; the others are in its menu. */
function onMac(about: { title: string; message: string }, labels: readonly string[], group: string) {
  const [, ...others] = labels
  if (labels.length === 0) return { ...about, group, timeout: false }
  const menu = others.length > 0 ? { actions: others, dropdownLabel: 'More', closeLabel: 'Later' } : {}
  return { ...about, group, timeout: STANDS_S, ...menu }
}

function show(
  module: ToastModule,
  options: Readonly<Record<string, unknown>>,
  off: Readonly<Record<string, unknown>>,
  buttons: readonly Button[],
  timers: Timers,
): Promise<Shown | null> {
  let press: (button: Button | null) => void = () => {}
  const pressed = new Promise<Button | null>((resolve) => (press = resolve))
  const shown: Shown = {
    pressed,
    withdraw: () => {
      press(null)
      module.notify(off, () => {})
    },
    leave: () => press(null),
  }
  return new Promise((resolve) => {
    const cancel = timers.after(REFUSED_WITHIN_MS, () => resolve(shown))
    module.notify(options, (error, response = '', metadata = {}) => {
      cancel()
      resolve(error ? null : shown)
      press(buttonOf(response, metadata.activationValue, buttons))
    })
  })
}

/** `activate` is a click, on the note itself or, with a label, on one of its buttons; Windows names the button at once. */
function buttonOf(response: string, label: string | undefined, buttons: readonly Button[]): Button | null {
  const said = (response === 'activate' ? (label ?? '') : response).toLowerCase()
  const named = buttons.find((button) => BUTTON_LABELS[button].toLowerCase() === said)
  return named ?? (response === 'activate' && said === '' ? (buttons[0] ?? null) : null)
}

async function loadNodeNotifier(): Promise<ToastModule> {
  const { default: notifier } = await import('node-notifier')
  return notifier as ToastModule
}
