/** Popups on the desktop: `notify-send` on Linux, node-notifier elsewhere. No shell ever sees a text. */
import { execFile } from 'node:child_process'
import { visible } from '../domain/clean-text.ts'
import type { Timers } from '../host/host.ts'
import { sessionBus } from '../host/session-bus.ts'

export interface DesktopNote {
  title: string
  body: string
  urgency?: 'low' | 'normal' | 'critical'
}

type Env = Readonly<Record<string, string | undefined>>

export interface DesktopNotifier {
  /**
   * Shows the note on the desktop the variables point to (DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, DISPLAY, …). They
   * come with each call, because the daemon learns them from whoever spoke to it last. Takes 3 s at most and never
   * throws: without a desktop, or a server that answers, it is `unavailable`.
   */
  notify(note: DesktopNote, desktop: Env): Promise<'shown' | 'unavailable'>
}

export interface DesktopOptions {
  /** The daemon's own environment: where programs are found. */
  env: Env
  platform: NodeJS.Platform
  timers: Timers
}

const TITLE_CHARS = 100
const BODY_CHARS = 500
const ASK_WITHIN_MS = 1_000
const SHOW_WITHIN_MS = 2_000

export function desktopNotifier({ env, platform, timers }: DesktopOptions): DesktopNotifier {
  return {
    async notify({ title, body, urgency = 'normal' }, desktop) {
      const note = {
        title: clipped(visible(title), TITLE_CHARS) || 'im',
        body: clipped(visible(body, { lines: true }), BODY_CHARS),
        urgency,
      }
      const shown =
        platform === 'linux' ? await notifySend(note, { ...env, ...desktop }) : await nodeNotifier(note, timers)
      return shown ? 'shown' : 'unavailable'
    },
  }
}

/** At most so many characters, counted as people see them at the cut: no half of a surrogate pair. */
function clipped(text: string, chars: number): string {
  const all = [...text]
  return all.length <= chars ? text : `${all.slice(0, chars - 1).join('')}…`
}

async function notifySend(note: Required<DesktopNote>, given: Env): Promise<boolean> {
  const bus = sessionBus(given)
  if (bus === null) return false
  const env = { ...given, DBUS_SESSION_BUS_ADDRESS: bus }
  const body = (await readsMarkup(env)) ? escapedMarkup(note.body) : note.body
  // notify-send turns \n, \t, \101 and the like into what they stand for, in the body only.
  const args = ['--app-name=im', `--urgency=${note.urgency}`, '--', note.title, body.replaceAll('\\', '\\\\')]
  return (await run('notify-send', args, env, SHOW_WITHIN_MS)).ok
}

/** Whether the server announces `body-markup`. If nobody can be asked it is taken to: a stray &amp; harms nobody. */
async function readsMarkup(env: Env): Promise<boolean> {
  const name = 'org.freedesktop.Notifications'
  const path = '/org/freedesktop/Notifications'
  const gdbus = ['call', '--session', '--dest', name, '--object-path', path, '--method', `${name}.GetCapabilities`]
  const busctl = ['--user', 'call', name, path, name, 'GetCapabilities']
  for (const [program, args] of [['gdbus', gdbus] as const, ['busctl', busctl] as const]) {
    const asked = await run(program, args, env, ASK_WITHIN_MS)
    if (asked.ok) return /['"]body-markup['"]/.test(asked.output)
    if (!asked.missing) return true
  }
  return true
}

function escapedMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

type Outcome = { ok: true; output: string } | { ok: false; missing: boolean }

function run(program: string, args: readonly string[], env: Env, timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout, killSignal: 'SIGKILL' }, (error, output) =>
      resolve(error === null ? { ok: true, output } : { ok: false, missing: error.code === 'ENOENT' }),
    )
  })
}

async function nodeNotifier({ title, body }: DesktopNote, timers: Timers): Promise<boolean> {
  try {
    const { default: notifier } = await import('node-notifier')
    return await new Promise((resolve) => {
      const cancel = timers.after(SHOW_WITHIN_MS, () => resolve(false))
      notifier.notify({ title, message: body || ' ', wait: false }, (error) => {
        cancel()
        resolve(error === null)
      })
    })
  } catch {
    return false
  }
}
