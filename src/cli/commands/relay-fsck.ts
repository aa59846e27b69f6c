import { resolve } from 'node:path'
import { counted } from '../../domain/counted.ts'
import { relayDataDir } from '../../host/paths.ts'
import type { FsckReport } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

/** Exit 0 when it is sound, or has become so; else STORE_DAMAGED, after the report. */
export async function run({ flags, io, out }: Context): Promise<number> {
  const data = resolve(flags.data ?? relayDataDir({ env: io.env, platform: io.platform }))
  const { fsckRelay } = await import('../../relay/main.ts')
  const report = await fsckRelay({ dataDir: data, repair: flags.repair ?? false, now: io.clock.now() })
  await out.said(report, { id: data, text: () => textOf(report) })
  if (report.sound || report.repaired !== null) return 0
  throw new ImError('STORE_DAMAGED', `the store of ${data} is damaged`, {
    hint: `im relay fsck --repair --data ${data}, or: im relay restore SNAPSHOT --data ${data}`,
  })
}

function textOf(report: FsckReport): string {
  const { data, sound, accounts, problems, more, damagedAccounts, repaired } = report
  if (sound) return `${data} is sound: ${counted(accounts, 'account')}`
  const lines = problems.map(({ account, row, what }) => `${account ?? 'the store'}: ${row} ${what}`)
  if (more > 0) lines.push(`and ${more} more`)
  lines.push(`damaged: ${damagedAccounts} of ${counted(accounts, 'account')}`)
  return [...lines, ...(repaired === null ? [] : repairedLines(data, repaired))].join('\n')
}

function repairedLines(data: string, { aside, back, held, lost }: NonNullable<FsckReport['repaired']>): string[] {
  return [
    '',
    `repaired: ${counted(back, 'row')} came back, ${counted(held, 'backup')} held, since nobody knows whether they were sent`,
    ...lost.map(({ account, what }) => `lost: ${account === null ? '' : `${account}: `}${what}`),
    `the damaged files: ${aside}`,
    `now: im relay start --data ${data}. Terminals give back what they have when they connect.`,
  ]
}
