/** Popups on the desktop: `notify-send` on Linux, node-notifier elsewhere. No shell ever sees a text. */
import { visible } from '../../domain/clean-text.ts'
import type { Timers } from '../../host/host.ts'
import type { Button, Popup } from './notable.ts'
import type { Shown } from './notifier.ts'
import { notifySend } from './notify-send.ts'
import type { Env } from './places.ts'
import { toaster } from './toaster.ts'

/** What a desktop is handed: clean, and no longer than it may be. */
export type DesktopNote = Pick<Popup, 'title' | 'body' | 'urgency' | 'buttons' | 'hint' | 'tag'>

/**
 * Shows a note on the desktop that the variables point to (DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, DISPLAY, …). Takes
 * 4 s at most and never throws: without a desktop, or a server that answers, it is null.
 */
export type ShowOnDesktop = (note: DesktopNote, desktop: Env) => Promise<Shown | null>

export interface DesktopOptions {
  /** The daemon's own environment: where programs are found. */
  env: Env
  platform: NodeJS.Platform
  timers: Timers
}

export const BUTTON_LABELS: Readonly<Record<Button, string>> = {
  open: 'Open',
  send: 'Send now',
  snooze: 'Snooze',
  dismiss: 'Dismiss',
}

const TITLE_CHARS = 100
const BODY_CHARS = 500

export function desktopNotifier({ env, platform, timers }: DesktopOptions): ShowOnDesktop {
  const show = platform === 'linux' ? notifySend({ env, timers }) : toaster({ platform, timers })
  return (note, desktop) =>
    show(
      {
        ...note,
        title: clipped(visible(note.title), TITLE_CHARS) || 'im',
        body: clipped(visible(note.body, { lines: true }), BODY_CHARS),
      },
      desktop,
    )
}

/** The body, with what to type where there is no button to press. */
export function bodyWithHint({ body, hint }: DesktopNote): string {
  return [body, hint].filter((line) => line !== '').join('\n')
}

/** At most so many characters, counted as people see them at the cut: no half of a surrogate pair. */
export function clipped(text: string, chars: number): string {
  const all = [...text]
  return all.length <= chars ? text : `${all.slice(0, chars - 1).join('')}…`
}
