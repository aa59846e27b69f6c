import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { systemCode } from '../../host/host-error.ts'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import type { Flags } from '../tree/flags.ts'
import { nodeFor, nodeWarnings } from '../units/daemon-service.ts'
import { MADE_BY } from '../units/service.ts'
import { RELAY_UNIT, RELAY_USER, relaySysusers, relayUnit } from '../units/systemd.ts'

const DATA_DIR = '/var/lib/im-relay'
const LISTEN = '127.0.0.1:7465'

/** A relay as a system service: what it is started with is what this was called with. With --print nothing is written. */
export async function run(context: Context): Promise<number> {
  const { flags, io, out } = context
  const node = await nodeFor(io)
  const files = filesOf(flags, [...node.argv, io.self[1]])
  const readsHome = files.readsHome ? [HOME_WARNING] : []
  const warnings = [...nodeWarnings(node, io.self[1]), ...readsHome]
  const view = {
    v: 1 as const,
    manager: 'systemd' as const,
    unit: RELAY_UNIT,
    path: files.unit.path,
    installed: flags.print !== true,
    text: files.unit.text,
    ...(warnings.length === 0 ? {} : { warnings }),
  }
  if (flags.print) {
    const all = [files.users, files.unit].map(({ path, text }) => `# ${path}\n${text}`)
    await out.said(view, { id: RELAY_UNIT, text: () => all.join('\n').trimEnd() })
    return 0
  }
  await requireSystemd(io)
  for (const { path, text } of [files.users, files.unit]) await writeOurs(path, text)
  for (const command of [
    ['systemd-sysusers', files.users.path],
    ['systemctl', 'daemon-reload'],
    ['systemctl', 'enable', RELAY_UNIT],
    ['systemctl', 'restart', RELAY_UNIT],
  ] as const) {
    const { ok, complaint } = await runProgram(command, io.env)
    if (ok) continue
    throw new ImError('IO', `${command.join(' ')} failed: ${complaint}`, { hint: `systemctl status ${RELAY_UNIT}` })
  }
  const as = `sudo -u ${RELAY_USER} im relay status --data ${files.dataDir}`
  await out.said(view, { id: RELAY_UNIT, text: () => `systemd keeps the relay: ${files.unit.path}\nhow it is: ${as}` })
  return 0
}

const HOME_WARNING = {
  code: 'READS_HOME',
  message: `something it reads lies in a home directory, which ${RELAY_USER} must be able to enter; /opt or /etc is better`,
}

function filesOf(flags: Flags, program: readonly string[]) {
  const dataDir = resolve(flags.data ?? DATA_DIR)
  const listen = flags.listen ?? LISTEN
  const path = (name: string, value: string | undefined) => (value === undefined ? [] : [name, resolve(value)])
  const value = (name: string, given: string | undefined) => (given === undefined ? [] : [name, given])
  const words = [
    ...['--data', dataDir, '--listen', listen],
    ...path('--config', flags.relayConfig),
    ...path('--tls-cert', flags.tlsCert),
    ...path('--tls-key', flags.tlsKey),
    ...(flags.selfSigned ? ['--self-signed'] : []),
    ...(flags.trustProxy ?? []).flatMap((cidr) => ['--trust-proxy', cidr]),
    ...value('--public-url', flags.publicUrl),
    ...(flags.inviteOnly ? ['--invite-only'] : []),
    ...value('--metrics', flags.metrics),
  ]
  const argv = [...program, 'relay', 'start', ...words]
  const port = Number(/:(\d+)$/.exec(listen)?.[1] ?? 0)
  const readsHome = argv.some((word) => /^\/(home|root)\//.test(word))
  const unit = relayUnit({
    argv,
    dataDir,
    isLowPort: port > 0 && port < 1024,
    hasCertificate: flags.selfSigned === true || flags.tlsCert !== undefined,
    readsHome,
  })
  return {
    dataDir,
    readsHome,
    users: { path: '/etc/sysusers.d/im-relay.conf', text: relaySysusers(dataDir) },
    unit: { path: `/etc/systemd/system/${RELAY_UNIT}`, text: unit },
  }
}

async function requireSystemd({ platform, env }: Context['io']): Promise<void> {
  const hint = 'im relay install --print shows the unit; without systemd, let your own supervisor run: im relay start'
  if (platform !== 'linux') throw new ImError('NO_SERVICE_MANAGER', `There is no systemd on ${platform}.`, { hint })
  const { ok, missing, complaint } = await runProgram(['systemctl', 'show', '--property=Version'], env)
  if (ok) return
  const why = missing ? 'systemd is not on this machine' : `systemd cannot be reached: ${complaint}`
  throw new ImError('NO_SERVICE_MANAGER', `${why}.`, { hint })
}

async function writeOurs(path: string, text: string): Promise<void> {
  try {
    const there = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    })
    if (there !== null && !there.includes(MADE_BY)) {
      throw new ImError('BAD_FILE', `${path} was not made by im.`, { hint: 'move it away, then install again' })
    }
    // Debian has no /etc/sysusers.d until somebody needs it.
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { mode: 0o644 })
  } catch (cause) {
    if (cause instanceof ImError) throw cause
    throw new ImError('IO', `${path} cannot be written (${systemCode(cause) ?? 'unknown'}).`, {
      hint: 'sudo im relay install, or im relay install --print',
      cause,
    })
  }
}
