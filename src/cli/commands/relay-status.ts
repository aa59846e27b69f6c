import { counted } from '../../domain/counted.ts'
import type { RelayStatus } from '../../protocol/admin-api.ts'
import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { span } from '../describe/time.ts'

export async function run(context: Context): Promise<number> {
  const status = await callRelay(context, 'status', {})
  await context.out.said(status, { id: String(status.pid), text: () => statusText(status) })
  return 0
}

const HEALTH: Readonly<Record<RelayStatus['health'], string>> = {
  ok: 'takes changes',
  draining: 'is stopping: takes no more connections',
  'disk-full': 'refuses changes: the disk is nearly full',
  'store-failed': 'refuses changes: a write has failed',
}

function snapshotLine(snapshots: RelayStatus['snapshots']): string {
  if (snapshots === null) return 'takes no snapshots by itself'
  const { at, dir, keep, lastAt } = snapshots
  return `takes a snapshot at ${at} into ${dir}, keeps ${keep}; the last: ${lastAt ?? 'none yet'}`
}

/** Below a gigabyte in megabytes: of a small disk, and of the reserve, a tenth of a gigabyte says nothing. */
const roomOf = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`

function statusText(status: RelayStatus): string {
  const { connections, maxConnections, sessions, rssBytes, pin, certificateExpiresAt, inviteOnly, limits } = status
  const { health, freeBytes, reserveBytes } = status
  const version = `im ${status.version}, node ${status.node}, protocol ${status.protocols.join(' and ')}`
  return [
    `relay on ${status.url}, process ${status.pid}, ${version}, for ${span(status.uptimeMs)}`,
    HEALTH[health],
    `${connections} of ${maxConnections} connections, ${counted(sessions, 'session')}, ${Math.round(rssBytes / 1e6)} MB`,
    `${counted(status.accounts, 'account')} in ${status.data}, epoch ${status.epoch}`,
    `${roomOf(freeBytes)} free; changes are refused below ${roomOf(reserveBytes)}`,
    `keeps house at ${status.housekeeping}`,
    snapshotLine(status.snapshots),
    status.metrics === null ? 'no metrics' : `metrics on ${status.metrics}`,
    pin === null ? 'no TLS' : `certificate until ${certificateExpiresAt}, key ${pin}`,
    `accounts: ${inviteOnly ? 'by invite only' : 'for anybody'}; link: ${status.link}`,
    `limits: ${Object.entries(limits)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  ].join('\n')
}
