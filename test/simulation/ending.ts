/** How a run ended: what people were told, and what stands in the stores. */
import type { BackupRecord, FriendRecord, LogEntry, MessageRecord } from '../../src/protocol/records.ts'
import type { Book } from './book.ts'
import type { AtDevice, AtRelay } from './state.ts'
import type { Account, Device } from './world.ts'

export interface Ending {
  book: Book
  /** The relay's time. */
  now: number
  relay: ReadonlyMap<Account, AtRelay>
  devices: ReadonlyMap<Device, AtDevice>
  /** Of every message, by its id. */
  texts: ReadonlyMap<string, string>
}

/** The texts of all messages, as those who wrote them can read them. */
export function textsOf(relay: Ending['relay']): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [account, state] of relay) {
    for (const message of messagesIn(state)) {
      if (message.from === account.uin) texts.set(message.id, state.textOfOwn(message))
    }
  }
  return texts
}

export type Entry<T extends LogEntry['type']> = Extract<LogEntry, { type: T }>

export function entriesOf<T extends LogEntry['type']>({ log }: AtRelay, type: T): Entry<T>[] {
  return log.filter((entry): entry is Entry<T> => entry.type === type)
}

export const messagesIn = (state: AtRelay): MessageRecord[] => entriesOf(state, 'message').map(({ message }) => message)

export function accountOf(ending: Ending, uin: string): [Account, AtRelay] {
  for (const [account, state] of ending.relay) if (account.uin === uin) return [account, state]
  throw new Error(`no account ${uin}`)
}

export const stateOf = (ending: Ending, account: Account): AtRelay => accountOf(ending, account.uin)[1]

/** How an account had its friend before an entry of its log, or in the end. */
export function friendBefore(state: AtRelay, uin: string, seq = Number.POSITIVE_INFINITY): FriendRecord | undefined {
  return entriesOf(state, 'friend').findLast((entry) => entry.seq < seq && entry.friend.uin === uin)?.friend
}

/** Whether it is a series, or was one before it was edited. */
export function isSeries(state: AtRelay, id: string): boolean {
  const repeats = ({ plan }: BackupRecord) =>
    plan.repeat !== null || plan.trigger.conditions.some(({ kind }) => kind === 'every')
  return entriesOf(state, 'backup').some(({ backup }) => backup.id === id && repeats(backup))
}
