import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Popup } from '../../src/daemon/notifications/notable.ts'
import { lacks } from './real-parts.ts'
import type { SessionBus } from './session-bus.ts'
import { stopProcess } from './session-bus.ts'

/** Debian's own: its D-Bus modules belong to it, not to another python3 that PATH may find first. */
const PYTHON = '/usr/bin/python3'
const SERVER = fileURLToPath(new URL('./notification-server.py', import.meta.url))

/** For `describe.skipIf(lacksDesktop())`. */
export function lacksDesktop(): boolean {
  return lacks('dbus-daemon', 'notify-send', 'gdbus', PYTHON)
}

export interface NoteOnDesktop {
  id: number
  app: string
  summary: string
  body: string
  urgency: number
  /** Keys and labels, one after the other. */
  actions: string[]
}

/** A notification server on a session bus: it records, and a test plays the person before it. */
export interface Desktop {
  /** The next note that was shown. */
  note(): Promise<NoteOnDesktop>
  /** The number of the next note that a program took from the screen. */
  closed(): Promise<number>
  /** `default` is a click on the note itself. */
  press(note: NoteOnDesktop, key: string): Promise<void>
  /** It answers nobody any more. */
  freeze(): void
  /** The server dies. */
  die(): Promise<void>
}

export const ALL_CAPABILITIES = ['body', 'body-markup', 'actions']

export async function startDesktop(bus: SessionBus, capabilities: readonly string[]): Promise<Desktop> {
  const child = bus.start(PYTHON, [SERVER, ...capabilities])
  if (child.stdout === null) throw new Error('stdout is not a pipe')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const ready = await next()
  if (ready !== 'ready') throw new Error(`the notification server said ${ready}`)
  async function read(): Promise<NoteOnDesktop & { closed?: number }> {
    return JSON.parse(await next())
  }
  return {
    async note() {
      const said = await read()
      if (said.closed !== undefined) throw new Error(`note ${said.closed} was closed; a new one was awaited`)
      return said
    },
    async closed() {
      const said = await read()
      if (said.closed === undefined) throw new Error(`a note was shown: ${said.summary}; none was closed`)
      return said.closed
    },
    async press({ id }, key) {
      const where = ['--dest', 'org.freedesktop.Notifications', '--object-path', '/org/freedesktop/Notifications']
      const call = ['call', '--session', ...where, '--method', 'im.test.Person.Press', `${id}`, key]
      const [code] = await once(bus.start('gdbus', call), 'exit')
      if (code !== 0) throw new Error('the button could not be pressed')
    },
    freeze: () => child.kill('SIGSTOP'),
    die: () => stopProcess(child),
  }
}

export function popup(given: Partial<Popup>): Popup {
  return {
    kind: 'due',
    title: 'a',
    body: 'b',
    urgency: 'normal',
    tag: 'x',
    about: null,
    buttons: [],
    hint: '',
    nick: null,
    of: [],
    ...given,
  }
}
