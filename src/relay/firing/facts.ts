import type { Facts, Sighting } from '../../domain/conditions.ts'
import type { PresenceFact } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import type { LogEntry } from '../../protocol/records.ts'
import { keys, within } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { LiveBackup } from '../accounts/live-backup.ts'

/** A device's word that the entry `seq` is the message condition number `condition` waits for. */
export interface ClaimedSighting {
  condition: number
  seq: number
}

function sightingOf(entry: LogEntry | undefined): Sighting | null {
  return entry === undefined ? null : { at: entry.at, seq: entry.seq }
}

async function firstFrom(account: AccountTx, from: Uin, seq: number): Promise<Sighting | null> {
  const messages = await account.log.messagesSince(from, seq)
  const first = messages.find(({ message }) => message.from === from)
  return first === undefined ? null : { at: first.message.at, seq: first.seq }
}

/** A claim counts when the entry is a message from that friend that came after arming. */
async function confirmed(account: AccountTx, from: Uin, armedSeq: number, seq: number): Promise<Sighting | 'unknown'> {
  if (seq <= armedSeq) return 'unknown'
  const entry = await account.log.entry(seq)
  return entry?.type === 'message' && entry.message.from === from ? { at: entry.at, seq } : 'unknown'
}

/** What the relay can see of the facts a backup depends on, read inside the transaction that will decide. */
export async function relayFacts(
  account: AccountTx,
  backup: LiveBackup,
  presence: (uin: Uin) => PresenceFact | 'unknown',
  claims: readonly ClaimedSighting[],
): Promise<Facts> {
  const { plan, armedSeq } = backup
  const messages = new Map<number, Sighting | null | 'unknown'>()
  const sends = new Map<Uin | null, Sighting | null>()
  for (const [index, condition] of plan.trigger.conditions.entries()) {
    if (condition.kind === 'message' && !condition.sealed) {
      messages.set(index, await firstFrom(account, condition.from, armedSeq))
    } else if (condition.kind === 'message') {
      const claim = claims.find((candidate) => candidate.condition === index)
      if (claim !== undefined) messages.set(index, await confirmed(account, condition.from, armedSeq, claim.seq))
    } else if (condition.kind === 'my-send') {
      sends.set(condition.to, sightingOf(await firstSendSince(account, armedSeq, condition.to)))
    }
  }
  const reply = plan.unless.reply === null ? null : await firstFrom(account, plan.to, armedSeq)
  return {
    presence,
    message: (index) => messages.get(index) ?? (messages.has(index) ? null : 'unknown'),
    mySend: (to) => sends.get(to) ?? null,
    read: (who, n) => {
      const mark = account.mark(who)
      return mark.friendRead >= n ? { at: mark.at, seq: account.head } : null
    },
    reply: () => reply,
    me: () => presence(account.uin),
    quiet: () => [account.setting.quiet, account.friend(plan.to)?.quiet ?? null].filter((hours) => hours !== null),
  }
}

const PAGE = 64

/** The owner's first message after the log position that a person sent, to one friend or to anyone. */
async function firstSendSince(account: AccountTx, seq: number, to: Uin | null): Promise<LogEntry | undefined> {
  for (let from = seq; ; ) {
    const page = await account.storedRange({ gt: keys.log(from), lt: within('log').lt, limit: PAGE })
    for (const [, value] of page) {
      const entry = value as LogEntry
      from = entry.seq
      if (entry.type !== 'message' || entry.message.from !== account.uin || entry.message.automatic) continue
      if (to === null || entry.message.to === to) return entry
    }
    if (page.length < PAGE) return undefined
  }
}
