/** The relay, the clock against its own, and the token that opens a session there. */
import { existsSync } from 'node:fs'
import { readConfig } from '../../host/config.ts'
import { openKeychain } from '../../host/keychain.ts'
import { ImError } from '../../protocol/errors.ts'
import { pause } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { span } from '../describe/time.ts'
import { type Check, fine, type Patient, wrong } from './check.ts'
import { lookForDaemon } from './daemon.ts'

/** How long a daemon may take to reach a relay that answers us. */
const CONNECT_MS = 3_000
/** Beyond this what the clock shows misleads; nothing goes by it. */
const CLOCK_OFF_MS = 60_000

type Probe = { ok: true; version: string; tookMs: number; skewMs: number } | { ok: false; error: ImError }

/** The relay of the account, or the one that would be taken. Null: nobody has named one. */
async function addressOf({ context, daemon }: Patient): Promise<{ address: string; caFile: string | null } | null> {
  const config = await readConfig(context.paths.configFile).catch(() => null)
  const address = daemon?.account?.relay ?? (context.io.env.IM_RELAY || config?.get('relay') || null)
  return address === null ? null : { address, caFile: config?.get('relay-ca') ?? null }
}

async function probe({ io }: Context, address: string, caFile: string | null): Promise<Probe> {
  const { probeRelay } = await import('../../daemon/main.ts')
  try {
    return { ok: true, ...(await probeRelay(address, caFile, io.interrupted())) }
  } catch (error) {
    return { ok: false, error: error instanceof ImError ? error : new ImError('RELAY_UNREACHABLE') }
  }
}

/** Both are found out by one call. */
export const relay: Check = {
  name: 'relay',
  async look(patient) {
    const where = await addressOf(patient)
    if (where === null) return fine('none is named yet: im register, or im register LINK')
    const { address, caFile } = where
    const found = await probe(patient.context, address, caFile)
    if (!found.ok) {
      const { message, code, hint } = found.error
      return wrong(`${address}: ${message} [${code}]`, hint ?? `is the relay at ${address} running?`)
    }
    const trust = /#pin=/.test(address) ? 'its key is the pinned one' : 'a trusted certificate'
    const secure = address.startsWith('wss:') ? trust : 'plain text, this machine only'
    const lines = [{ ok: true, detail: `${address} answers in ${found.tookMs} ms, im ${found.version}, ${secure}` }]
    if (patient.daemon?.account?.uin != null && !(await isConnected(patient))) {
      const detail = 'the daemon is not connected, though the relay answers'
      return [...lines, ...wrong(detail, 'im daemon logs')]
    }
    if (Math.abs(found.skewMs) <= CLOCK_OFF_MS) return lines
    const off = `${span(Math.abs(found.skewMs))} ${found.skewMs > 0 ? 'behind' : 'ahead of'}`
    return [
      ...lines,
      ...wrong(`this clock is ${off} the relay's`, CLOCK_FIX[patient.context.io.platform] ?? 'set the clock'),
    ]
  },
}

/** One that was started a moment ago has a moment to connect. */
async function isConnected({ context, daemon }: Patient): Promise<boolean> {
  const { io } = context
  let connected = daemon?.account?.connected ?? false
  for (const until = io.clock.monotonic() + CONNECT_MS; !connected && io.clock.monotonic() < until; ) {
    await pause(io, 200, io.interrupted())
    connected = (await lookForDaemon(context))?.account?.connected ?? false
  }
  return connected
}

const CLOCK_FIX: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'sudo timedatectl set-ntp true',
  darwin: 'sudo sntp -sS time.apple.com',
  win32: 'w32tm /resync',
}

export const token: Check = {
  name: 'token',
  async look({ context, daemon }) {
    const { io, paths } = context
    const account = daemon?.account ?? null
    if (account?.uin == null) return fine(daemon === null ? 'not looked at: no daemon runs' : 'nobody is logged in')
    if (account.tokenStore === 'file') {
      if (existsSync(paths.tokenFile)) return fine(`in ${paths.tokenFile}`)
      return wrong(`${paths.tokenFile} is gone`, `im logout -y && im login ${account.uin}`)
    }
    try {
      await openKeychain({ service: 'im', env: io.env, platform: io.platform, timers: io.timers }).probe()
      return fine('in the keychain')
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it does not answer'
      return wrong(`in the keychain, which cannot be used: ${why}`, 'unlock it, then: im daemon restart')
    }
  },
}
