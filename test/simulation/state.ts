/** How things stand at the end of a run: at the relay and on every device, read from their stores. */
import type { PresenceFact } from '../../src/domain/presence.ts'
import type { BackupRecord, Envelope, LogEntry, MessageRecord } from '../../src/protocol/records.ts'
import type { BackupView, DaemonView, FriendView } from '../../src/protocol/views.ts'
import type { Reader } from '../../src/store/store.ts'
import type { Account, Device, World } from './world.ts'

export interface AtRelay {
  log: readonly LogEntry[]
  backups: ReadonlyMap<string, BackupRecord>
  presence: PresenceFact | null
}

export interface AtDevice {
  messages: readonly MessageRecord[]
  backups: readonly BackupView[]
  friends: readonly FriendView[]
  status: DaemonView
}

export function textOf(envelope: Envelope): string {
  if (envelope.kind !== 'plain') throw new Error('sealed')
  return envelope.text
}

async function space<T>(reader: Reader, name: string): Promise<T[]> {
  const rows = await reader.range({ gte: `${name}/`, lt: `${name}0` })
  return rows.map(([, value]) => value as T)
}

export async function atRelay({ relay }: World, { uin }: Account): Promise<AtRelay> {
  if (relay.store === null) throw new Error('the relay is down')
  return relay.store.read(uin, async (reader) => ({
    log: await space<LogEntry>(reader, 'log'),
    backups: new Map((await space<BackupRecord>(reader, 'backup')).map((record) => [record.id, record])),
    presence: ((await reader.get('presence/me')) as PresenceFact | undefined) ?? null,
  }))
}

export async function atDevice(device: Device): Promise<AtDevice> {
  const { store } = device.machine
  if (store === null) throw new Error(`${device.machine.name} is down`)
  const rows = await store.read('self', (reader) => space<{ message: MessageRecord }>(reader, 'message'))
  return {
    messages: rows.map(({ message }) => message),
    backups: await device.call('backup.list', { due: false, all: true }),
    friends: await device.call('friend.list', {}),
    status: await device.call('daemon.status', {}),
  }
}
