import type { Context } from '../context.ts'
import { span } from '../describe/time.ts'
import { callRelay } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const status = await callRelay(context, 'status')
  await context.out.said(status, {
    id: String(status.pid),
    text: () =>
      [
        `relay on ${status.url}, process ${status.pid}, im ${status.version}, for ${span(status.uptimeMs)}`,
        `${status.connections} connections, ${status.sessions} sessions, ${Math.round(status.rssBytes / 1e6)} MB`,
        `data in ${status.data}`,
      ].join('\n'),
  })
  return 0
}
