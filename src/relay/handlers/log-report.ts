import { isLive, isOlder } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, MessageRecord } from '../../protocol/records.ts'
import { keys } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { DeviceHandler, RelayParts } from '../context.ts'
import { heldIfUnsure } from '../durability/restored.ts'
import { checkClocks } from '../firing/check-plan.ts'
import { checkContentSize, checkPrivateSize } from '../firing/content-size.ts'
import { Room } from '../firing/room.ts'

/** As a put of many backups: a report is one transaction. */
const COST = 5
/** How far beyond its place a message is looked for under another number. */
const LOOKED_THROUGH = 200

/** What a device knows and this relay has lost. Only what is newer is taken, so nothing goes back by a late report. */
export const logReport: DeviceHandler<'log.report'> = async ({ backups, messages }, relay, session) => {
  relay.changes.take(session.uin, COST)
  return relay.accounts.one(session.uin, async (account) => {
    const taken = { backups: 0, messages: 0 }
    const room = new Room(account, relay.config.limits)
    for (const record of backups) if (await takeBackup(account, record, room, relay)) taken.backups++
    const each = new Map(messages.map((message) => [message.id, message])).values()
    for (const message of each) if (await takeMessage(account, message, relay)) taken.messages++
    return taken
  })
}

async function takeBackup(account: AccountTx, record: BackupRecord, room: Room, relay: RelayParts): Promise<boolean> {
  const known = await account.backups.get(record.id)
  if (known !== undefined && !isOlder(known, record)) return false
  if (known === undefined && (await account.backups.isForgotten(record.id))) return false
  const grows = isLive(record.state) && (known === undefined || !isLive(known.state))
  const fits = passes(() => {
    demandSealed(record)
    checkClocks(record.plan, account.now)
    checkContentSize(record.content, relay.config.limits)
    checkPrivateSize(record.private, relay.config.limits)
    if (grows) room.take(record.plan.to)
  })
  if (!fits) return false
  // Its place in a log that is no more means nothing in this one.
  account.putBackup(heldIfUnsure({ ...record, armedSeq: Math.min(record.armedSeq, account.head) }, account.now))
  return true
}

async function takeMessage(account: AccountTx, message: MessageRecord, relay: RelayParts): Promise<boolean> {
  const { id, friend, from, to, n } = message
  const mine = from === account.uin
  if (mine ? to !== friend : from !== friend || to !== account.uin) return false
  const known = mine ? await account.log.sentMessage(id) : await account.stored(keys.reported(id))
  if (known !== undefined) return false
  if (!passes(() => checkContentSize(message.content, relay.config.limits)) || message.content.kind !== 'sealed') {
    return false
  }
  if ((await account.log.messagesFrom(friend, n - 1, LOOKED_THROUGH)).some((one) => one.id === id)) return false
  const number = (await account.log.isTaken(friend, n)) ? (await account.log.count(friend)) + 1 : n
  await account.putReported({ ...message, n: number, at: Math.min(message.at, account.now) })
  if (!mine) account.store({ op: 'insert', key: keys.reported(id), value: number })
  return true
}

function demandSealed({ content, private: own }: BackupRecord): void {
  if (content.kind !== 'sealed' || own.kind !== 'sealed') throw new ImError('NOT_SEALED')
}

function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof ImError) return false
    throw error
  }
}
