import type { RelayStatus } from '../../protocol/admin-api.ts'
import type { Context } from '../context.ts'
import { span } from '../describe/time.ts'
import { callRelay } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const status = await callRelay(context, 'status', {})
  await context.out.said(status, { id: String(status.pid), text: () => statusText(status) })
  return 0
}

function statusText(status: RelayStatus): string {
  const { connections, maxConnections, sessions, rssBytes, pin, certificateExpiresAt, inviteOnly, limits } = status
  return [
    `relay on ${status.url}, process ${status.pid}, im ${status.version}, for ${span(status.uptimeMs)}`,
    `${connections} of ${maxConnections} connections, ${sessions} sessions, ${Math.round(rssBytes / 1e6)} MB`,
    `data in ${status.data}`,
    pin === null ? 'no TLS' : `certificate until ${certificateExpiresAt}, key ${pin}`,
    `accounts: ${inviteOnly ? 'by invite only' : 'for anybody'}; link: ${status.link}`,
    `limits: ${Object.entries(limits)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  ].join('\n')
}
