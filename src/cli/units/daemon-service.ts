/** The service that keeps the daemon of a profile: what it would be here and now, and what is installed. */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { compareVersions } from '../../domain/compare-versions.ts'
import { systemCode } from '../../host/host-error.ts'
import { DEFAULT_PROFILE, type ProfilePaths } from '../../host/paths.ts'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Warning } from '../../protocol/views.ts'
import type { Io } from '../io.ts'
import { launchdService } from './launchd.ts'
import { chooseNode, managerOf, type NodeChoice } from './node-path.ts'
import { MADE_BY, type ServiceFile, type ServiceSpec } from './service.ts'
import { systemdUserService } from './systemd.ts'
import { windowsService } from './windows-task.ts'

const OLDEST_NODE = '20.18.1'

export interface DaemonService {
  service: ServiceFile
  warnings: Warning[]
}

type Where = { io: Io; paths: ProfilePaths }

/** @throws ImError NO_SERVICE_MANAGER on a platform whose manager im does not know. */
export async function daemonService({ io, paths }: Where): Promise<DaemonService> {
  const node = await nodeFor(io)
  const service = serviceOf({ io, paths }, node)
  return { service, warnings: nodeWarnings(node, io.self[1]) }
}

/** The file and the commands that start and stop it, without asking which node it runs. Null where there is no manager. */
export function daemonServicePlace(where: Where): Pick<ServiceFile, 'path' | 'encoding' | 'start' | 'stop'> | null {
  try {
    return serviceOf(where, { argv: ['node'], env: [], note: null })
  } catch {
    return null
  }
}

/** Whether a service manager keeps the daemon with another im than this: it would start that one again. */
export async function isKeptByAnother(where: Where): Promise<boolean> {
  const place = daemonServicePlace(where)
  if (place === null) return false
  const text = await readFile(place.path, place.encoding).catch(() => null)
  return text !== null && !text.includes(where.io.self[1])
}

export function nodeFor(io: Io): Promise<NodeChoice> {
  return chooseNode({
    execPath: io.self[0],
    home: homeOf(io),
    env: io.env,
    platform: io.platform,
    realPath,
    isUsable: async (path) => {
      if (realPath(path) === null) return false
      const { ok, stdout } = await runProgram([path, '--version'], io.env, 5_000)
      return ok && compareVersions(stdout.trim().replace(/^v/, ''), OLDEST_NODE) >= 0
    },
  })
}

export function nodeWarnings(node: NodeChoice, program: string): Warning[] {
  const manager = managerOf(realPath(program) ?? program)
  return [
    ...(node.note === null ? [] : [{ code: 'NODE_PATH', message: node.note }]),
    ...(manager === null
      ? []
      : [{ code: 'PROGRAM_PATH', message: `im itself lies with ${manager}; install again when that version goes` }]),
  ]
}

function serviceOf({ io, paths }: Where, node: NodeChoice): ServiceFile {
  const { profile } = paths
  const home = io.env.IM_HOME ? resolve(io.env.IM_HOME) : null
  const spec: ServiceSpec = {
    name: [
      'im-daemon',
      ...(profile === DEFAULT_PROFILE ? [] : [profile]),
      ...(home === null ? [] : [digest(home)]),
    ].join('-'),
    description: `im daemon, profile ${profile}${home === null ? '' : ` in ${home}`}`,
    argv: [...node.argv, io.self[1], 'daemon', 'start', '--foreground', '--profile', profile],
    env: [...node.env, ...(home === null ? xdg(io) : [['IM_HOME', home] as const])],
    logFile: join(paths.state, 'daemon.err'),
  }
  switch (io.platform) {
    case 'linux':
      return systemdUserService(spec, io.env.XDG_CONFIG_HOME || join(homeOf(io), '.config'))
    case 'darwin':
      return launchdService(spec, homeOf(io), process.getuid?.() ?? 0)
    case 'win32':
      return windowsService(spec, paths.config, userInfo().username)
    default:
      throw new ImError('NO_SERVICE_MANAGER', `im knows no service manager on ${io.platform}.`, {
        hint: 'start it from your login: im daemon start',
      })
  }
}

/** Where the profile's files lie hangs on these, and a service manager does not know them. */
function xdg({ env }: Io): [string, string][] {
  const names = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME']
  return names.flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : []))
}

function homeOf({ env }: Io): string {
  return env.HOME || homedir()
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** `foreign`: there is a file that im did not write. */
export type Installed = 'absent' | 'current' | 'drifted' | 'foreign'

/** What stands where the service would be written. */
export async function installedService(service: Pick<ServiceFile, 'path' | 'text' | 'encoding'>): Promise<Installed> {
  const text = await readFile(service.path, service.encoding).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null
    throw error
  })
  if (text === null) return 'absent'
  if (text.replace(/^\ufeff/, '') === service.text) return 'current'
  return text.includes(MADE_BY) ? 'drifted' : 'foreign'
}

/** What the user has to know of lingering: without it systemd stops the daemon at logout. Null: all is well. */
export async function lingering({ env, platform }: Io): Promise<Warning | null> {
  if (platform !== 'linux') return null
  const { username } = userInfo()
  const { ok, stdout } = await runProgram(
    ['loginctl', 'show-user', username, '--property=Linger', '--value'],
    env,
    5_000,
  )
  if (!ok || stdout.trim() !== 'no') return null
  const message = `it stops when you log out; to keep it: loginctl enable-linger ${username}`
  return { code: 'LINGERING', message }
}
