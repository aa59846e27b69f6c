/** How things stand at the end of a run: at the relay and on every device, read from their stores. */

import type { MessageRow, OutboxItem } from '../../src/daemon/mirror/rows.ts'
import type { PresenceFact } from '../../src/domain/presence.ts'
import type { Uin } from '../../src/domain/uin.ts'
import type { BackupRecord, Envelope, LogEntry, MessageRecord } from '../../src/protocol/records.ts'
import type { BackupView, DaemonView, FriendView } from '../../src/protocol/views.ts'
import { openAsOwner } from '../../src/sealing/content.ts'
import { importAccountKeys } from '../../src/sealing/keys.ts'
import type { Reader } from '../../src/store/store.ts'
import type { Account, Device, World } from './world.ts'

export interface AtRelay {
  log: readonly LogEntry[]
  backups: ReadonlyMap<string, BackupRecord>
  presence: PresenceFact | null
  /** The text of one of the account's backups. */
  textOf(record: Pick<BackupRecord, 'content' | 'plan'>): string
  /** The text of a message that the account itself wrote. */
  textOfOwn(message: MessageRecord): string
}

export interface AtDevice {
  messages: readonly MessageRecord[]
  /** Ids of messages that this device cannot show. */
  unreadable: readonly string[]
  /** Ids of messages that it has not tried to open: after a resync it does so when they are asked for. */
  unopened: readonly string[]
  backups: readonly BackupView[]
  friends: readonly FriendView[]
  status: DaemonView
  /** Changes that have not come to the relay yet. */
  waiting: number
  /** Texts of messages, and ids of backups, that the relay would not take: kept, and told. */
  refused: ReadonlySet<string>
}

/** Opens what the account wrote, with the keys its first terminal keeps. */
function opener({ uin, devices }: Account) {
  const secret = JSON.parse(devices[0]?.secret() ?? '{}') as { keys: string }
  const { dataKey } = importAccountKeys(secret.keys)
  return (envelope: Envelope, recipient: Uin) => openAsOwner(envelope, { sender: uin, recipient }, dataKey)
}

async function space<T>(reader: Reader, name: string): Promise<T[]> {
  const rows = await reader.range({ gte: `${name}/`, lt: `${name}0` })
  return rows.map(([, value]) => value as T)
}

export async function atRelay({ relay }: World, account: Account): Promise<AtRelay> {
  if (relay.store === null) throw new Error('the relay is down')
  const open = opener(account)
  return relay.store.read(account.uin, async (reader) => ({
    log: await space<LogEntry>(reader, 'log'),
    backups: new Map((await space<BackupRecord>(reader, 'backup')).map((record) => [record.id, record])),
    presence: ((await reader.get('presence/me')) as PresenceFact | undefined) ?? null,
    textOf: ({ content, plan }) => open(content, plan.to),
    textOfOwn: ({ content, to }) => open(content, to),
  }))
}

export async function atDevice(device: Device): Promise<AtDevice> {
  const { store } = device.machine
  if (store === null) throw new Error(`${device.machine.name} is down`)
  const { rows, outbox } = await store.read('self', async (reader) => ({
    rows: await space<MessageRow>(reader, 'message'),
    outbox: await space<OutboxItem>(reader, 'outbox'),
  }))
  const open = opener(device.account)
  const refused = outbox.flatMap(({ call, failed }) => {
    if (failed === null) return []
    if (call.method === 'message.send') return [open(call.params.content, call.params.to)]
    return call.method === 'backup.put' ? call.params.backups.map(({ id }) => id) : []
  })
  return {
    messages: rows.map(({ message }) => message),
    unreadable: rows.flatMap(({ message, opening }) => (opening !== null && 'refused' in opening ? [message.id] : [])),
    unopened: rows.flatMap(({ message, opening }) => (opening === null ? [message.id] : [])),
    backups: await device.call('backup.list', { due: false, all: true }),
    friends: await device.call('friend.list', {}),
    status: await device.call('daemon.status', {}),
    waiting: outbox.filter(({ failed }) => failed === null).length,
    refused: new Set(refused),
  }
}
