/** Notes through `notify-send`: while one with buttons stands, its process waits for them. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Timers } from '../../host/host.ts'
import { type ProgramRun, runProgram } from '../../host/run-program.ts'
import { sessionBus } from '../../host/session-bus.ts'
import { BUTTON_LABELS, bodyWithHint, type DesktopNote, type ShowOnDesktop } from './desktop.ts'
import type { Button } from './notable.ts'
import type { Shown } from './notifier.ts'
import type { Env } from './places.ts'

const ASK_WITHIN_MS = 1_000
const SHOW_WITHIN_MS = 2_000
const CLOSE_WITHIN_MS = 1_000

/** What the server reads and shows. */
interface Server {
  markup: boolean
  actions: boolean
}

/** What the programs of this machine can do: an older notify-send has neither, and buttons need stdbuf. */
interface Ability {
  actions: boolean
  ids: boolean
}

export function notifySend({ env, timers }: { env: Env; timers: Timers }): ShowOnDesktop {
  let known: Ability | null = null
  return async (note, desktop) => {
    const given = { ...env, ...desktop }
    const bus = sessionBus(given)
    if (bus === null) return null
    const place = { ...given, DBUS_SESSION_BUS_ADDRESS: bus }
    const server = await serverAt(place)
    known ??= await abilityOf(place)
    if (server === null || known === null) return null
    return start(argsFor(note, server, known), place, known.ids, timers)
  }
}

function argsFor(note: DesktopNote, server: Server, ability: Ability): string[] {
  const [first] = note.buttons
  const isPressable = server.actions && ability.actions && ability.ids && first !== undefined
  const text = isPressable ? note.body : bodyWithHint(note)
  // notify-send turns \n, \t, \101 and the like into what they stand for, in the body only.
  const body = (server.markup ? escapedMarkup(text) : text).replaceAll('\\', '\\\\')
  const several = note.buttons.length > 1 ? note.buttons : []
  const actions = isPressable
    ? [`default=${BUTTON_LABELS[first]}`, ...several.map((button) => `${button}=${BUTTON_LABELS[button]}`)]
    : []
  return [
    '--app-name=im',
    `--urgency=${note.urgency}`,
    ...(ability.ids ? ['--print-id'] : []),
    ...actions.map((action) => `--action=${action}`),
    '--',
    note.title,
    body,
  ]
}

function escapedMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Has a program write each line at once. */
const UNBUFFERED = ['stdbuf', '-oL'] as const

/** Starts it; shown as soon as it has printed the note's number, or, where it prints none, when it has ended well. */
function start(args: readonly string[], env: Env, printsId: boolean, timers: Timers): Promise<Shown | null> {
  const default_ = args.find((arg) => arg.startsWith('--action=default='))?.slice('--action=default='.length)
  // While it waits for a button it keeps the number to itself, in the buffer of its output.
  const program = default_ === undefined ? ['notify-send'] : [...UNBUFFERED, 'notify-send']
  const [first = '', ...before] = program
  const child = spawn(first, [...before, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  let id: string | null = null
  let press: (button: Button | null) => void = () => {}
  const pressed = new Promise<Button | null>((resolve) => (press = resolve))
  return new Promise((resolve) => {
    const cancel = timers.after(SHOW_WITHIN_MS, () => child.kill('SIGKILL'))
    const shown: Shown = {
      pressed,
      withdraw: () => {
        press(null)
        if (id !== null) void close(id, env).then(() => child.kill('SIGKILL'))
      },
      leave: () => {
        press(null)
        child.kill('SIGKILL')
      },
    }
    const isShown = (): void => {
      cancel()
      resolve(shown)
    }
    createInterface(child.stdout).on('line', (line) => {
      if (id !== null) return press(buttonOf(line, default_))
      id = /^\d{1,10}$/.test(line) ? line : null
      if (id !== null) isShown()
    })
    child.once('error', () => {
      cancel()
      resolve(null)
    })
    child.once('close', (code) => {
      if (code === 0 && !printsId) isShown()
      cancel()
      resolve(null)
      // One that only printed its number stands on the screen without a process.
      if (default_ !== undefined) press(null)
    })
  })
}

function buttonOf(action: string, labelOfDefault: string | undefined): Button | null {
  const found = Object.entries(BUTTON_LABELS).find(
    ([button, label]) => button === action || (action === 'default' && label === labelOfDefault),
  )
  return found === undefined ? null : (found[0] as Button)
}

const NAME = 'org.freedesktop.Notifications'
const PATH = '/org/freedesktop/Notifications'

/** Asks with gdbus, or with busctl where that is missing. */
async function call(method: string, args: readonly string[], env: Env, timeoutMs: number): Promise<ProgramRun> {
  const gdbus = ['call', '--session', '--dest', NAME, '--object-path', PATH, '--method', `${NAME}.${method}`, ...args]
  const asked = await runProgram(['gdbus', ...gdbus], env, timeoutMs)
  if (asked.ok || !asked.missing) return asked
  const signature = args.length > 0 ? ['u'] : []
  return runProgram(['busctl', '--user', 'call', NAME, PATH, NAME, method, ...signature, ...args], env, timeoutMs)
}

/** Null: no server answers. If nobody can be asked it is taken to read markup: a stray &amp; harms nobody. */
async function serverAt(env: Env): Promise<Server | null> {
  const asked = await call('GetCapabilities', [], env, ASK_WITHIN_MS)
  if (!asked.ok) return asked.missing ? { markup: true, actions: false } : null
  const has = (name: string): boolean => new RegExp(`['"]${name}['"]`).test(asked.stdout)
  return { markup: has('body-markup'), actions: has('actions') }
}

/** Null: there is no notify-send. */
async function abilityOf(env: Env): Promise<Ability | null> {
  const help = await runProgram(['notify-send', '--help'], env, ASK_WITHIN_MS)
  if (!help.ok) return null
  const stdbuf = await runProgram(['stdbuf', '--version'], env, ASK_WITHIN_MS)
  return { actions: stdbuf.ok && help.stdout.includes('--action'), ids: help.stdout.includes('--print-id') }
}

async function close(id: string, env: Env): Promise<void> {
  await call('CloseNotification', [id], env, CLOSE_WITHIN_MS)
}
