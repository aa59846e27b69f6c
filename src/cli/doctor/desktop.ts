/** What people see: popups, letters, zones, and what the shell completes. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readConfig, settingText } from '../../host/config.ts'
import { runProgram } from '../../host/run-program.ts'
import { sessionBus } from '../../host/session-bus.ts'
import { callerZone } from '../client/zone.ts'
import { install, placeOf } from '../completion/install.ts'
import { MARK, SCRIPTS, SHELLS, type Shell } from '../completion/shells.ts'
import type { Io } from '../io.ts'
import { type Check, fine, shellWord, wrong } from './check.ts'

const NOTIFICATIONS = 'org.freedesktop.Notifications'
const ASK_MS = 2_000

export const notifications: Check = {
  name: 'notifications',
  async look({ context: { io } }) {
    if (io.platform !== 'linux') return fine('by the system')
    const bus = sessionBus(io.env)
    if (bus === null) return fine('no desktop here; im and im watch show what is due')
    const env = { ...io.env, DBUS_SESSION_BUS_ADDRESS: bus }
    const ask = (method: string) => {
      const path = `/${NOTIFICATIONS.replaceAll('.', '/')}`
      const words = ['call', '--session', '--dest', NOTIFICATIONS, '--object-path', path, '--method']
      return runProgram(['gdbus', ...words, `${NOTIFICATIONS}.${method}`], env, ASK_MS)
    }
    const about = await ask('GetServerInformation')
    if (about.missing)
      return wrong('gdbus is missing, so the desktop cannot be asked', 'sudo apt install libglib2.0-bin')
    if (!about.ok) return wrong('nobody on this desktop shows notifications', 'sudo apt install dunst')
    if ((await runProgram(['notify-send', '--version'], env, ASK_MS)).missing) {
      return wrong('notify-send is missing', 'sudo apt install libnotify-bin')
    }
    const abilities = (await ask('GetCapabilities')).stdout
    const [name = 'a server'] = /'([^']*)'/.exec(about.stdout)?.slice(1) ?? []
    const can = ['actions', 'body-markup'].filter((ability) => abilities.includes(`'${ability}'`))
    const buttons = can.includes('actions') ? '' : '; no buttons: im backup open ID, snooze and dismiss do it'
    return fine(`${name} (${can.join(', ') || 'plain text'})${buttons}`)
  },
}

export const phone: Check = {
  name: 'notify.command',
  async look({ context: { paths }, daemon }) {
    const settings = await readConfig(paths.configFile).catch(() => null)
    const command = settings?.get('notify.command') ?? null
    if (command === null) return []
    const failure = daemon?.view?.notifyFailure ?? null
    if (failure !== null) return wrong(failure, `${shellWord(command[0] ?? '')} < /dev/null`)
    return fine(settingText(command))
  },
}

export const locale: Check = {
  name: 'locale',
  look({ context: { io } }) {
    if (io.platform === 'win32') return fine('by the system')
    const { LC_ALL, LC_CTYPE, LANG } = io.env
    const counts = LC_ALL || LC_CTYPE || LANG || ''
    if (/utf-?8/i.test(counts)) return fine(counts)
    return wrong(counts === '' ? 'none is set, so it is not UTF-8' : `${counts} is not UTF-8`, 'export LANG=C.UTF-8')
  },
}

/** Node was built without zones when it knows a handful. */
const FEWEST_ZONES = 300

export const zones: Check = {
  name: 'zones',
  look({ context: { io } }) {
    const known = Intl.supportedValuesOf('timeZone').length
    if (known < FEWEST_ZONES) return wrong(`this node knows ${known} time zones`, 'install a Node with full ICU')
    const named = io.env.TZ?.replace(/^:/, '') || callerZone(io)
    if (isZone(named)) return fine(`${named}; ${process.versions.tz ?? 'unknown'} data`)
    return wrong(`TZ is ${named}, which is no IANA zone`, 'export TZ=Europe/Berlin')
  },
}

function isZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Where a package of the system would put it, and the file that would load it by hand. */
const ELSEWHERE: Readonly<Record<Shell, (home: string, env: Io['env']) => { files: readonly string[]; rc: string }>> = {
  bash: (home) => ({ files: ['/usr/share/bash-completion/completions/im'], rc: join(home, '.bashrc') }),
  zsh: (home, env) => ({
    files: ['/usr/share/zsh/site-functions/_im', '/usr/local/share/zsh/site-functions/_im'],
    rc: join(env.ZDOTDIR || home, '.zshrc'),
  }),
  fish: (home, env) => ({
    files: ['/usr/share/fish/vendor_completions.d/im.fish'],
    rc: join(env.XDG_CONFIG_HOME || join(home, '.config'), 'fish/config.fish'),
  }),
}

export const completion: Check = {
  name: 'completion',
  look({ context: { io } }) {
    const shell = SHELLS.find((name) => name === basename(io.env.SHELL ?? ''))
    if (shell === undefined || !io.env.HOME) return []
    const fix = 'im completion install'
    // A shell's own start-up file is its owner's: what would add a line there is left to them.
    const mend = shell === 'zsh' ? undefined : () => install(shell, io.env)
    const place = placeOf(shell, io.env)
    const script = textOf(place)
    if (script?.includes(MARK) && script !== SCRIPTS[shell]) {
      return wrong(`${place} is of another version of im`, fix, () => install(shell, io.env))
    }
    const { files, rc } = ELSEWHERE[shell](io.env.HOME, io.env)
    const loaded = shell === 'zsh' ? [] : [place]
    const file = [...loaded, ...files].find((path) => existsSync(path))
    if (file !== undefined) return fine(`${shell}: ${file}`)
    if (textOf(rc)?.includes('im completion')) return fine(`${shell}: ${rc}`)
    return wrong(`${shell} does not complete im`, fix, mend)
  },
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
