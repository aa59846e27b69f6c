import type { AccountView } from '../../protocol/views.ts'
import { hoursWords } from './time.ts'

export function accountLines(account: AccountView): string {
  if (account.uin === null) return 'nobody is logged in here; im register, or im login UIN'
  const link = account.connected ? 'connected' : 'not connected'
  const rows: [string, string | null][] = [
    ['uin', account.uin],
    ['nick', account.nick],
    ['status', [account.status, account.statusText].filter((part) => part !== null).join(': ')],
    ['quiet', account.quiet && hoursWords(account.quiet)],
    ['relay', `${account.relay} (${link})`],
    ['device', `${account.device} (${account.deviceId})`],
    ['token', account.tokenStore === 'file' ? 'in a file only you can read' : 'in the keychain'],
    ['backups', String(account.backups)],
  ]
  return rows.flatMap(([head, value]) => (value === null ? [] : [`${head.padEnd(8)}${value}`])).join('\n')
}
