/** The promises, as things to look for at the end of a run. Each returns what is broken, in words. */
import type { BackupRecord, MessageRecord } from '../../src/protocol/records.ts'
import { accountOf, type Ending, entriesOf, friendBefore, isSeries, messagesIn, stateOf } from './ending.ts'
import { heldNotYet, inQuiet, type Owned, overdue, quietBefore, replied, windowIsOpen } from './moments.ts'
import type { AtRelay } from './state.ts'
import type { Account } from './world.ts'

/** What the relay would not take is kept where it was written, and says why. */
function refusedBy({ devices }: Ending): ReadonlySet<string> {
  return new Set([...devices.values()].flatMap((at) => [...at.refused]))
}

function lostAdds(ending: Ending): string[] {
  const { book } = ending
  const refused = refusedBy(ending)
  const lost = book.adds.filter(
    ({ owner, id }) => !stateOf(ending, owner).backups.has(id) && !book.askedToCancel.has(id) && !refused.has(id),
  )
  return lost.map(({ id }) => `P1: the backup ${id} was acknowledged and is gone`)
}

/** P1: what was acknowledged is there. */
function kept(ending: Ending): string[] {
  const { book, texts } = ending
  const refused = refusedBy(ending)
  const lostEdits = book.edits.filter(({ owner, id, text }) => {
    const { log, textOf } = stateOf(ending, owner)
    return !log.some((entry) => entry.type === 'backup' && entry.backup.id === id && textOf(entry.backup) === text)
  })
  const lostMessages = book.messages.filter(
    ({ taken, to, text }) =>
      taken && !refused.has(text) && !messagesIn(accountOf(ending, to)[1]).some(({ id }) => texts.get(id) === text),
  )
  return [
    ...lostAdds(ending),
    ...lostEdits.map(({ id, text }) => `P1: the edit "${text}" of ${id} was acknowledged and is gone`),
    ...lostMessages.map(({ text }) => `P1: the message "${text}" was acknowledged and is gone`),
  ]
}

function twice<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}

/** P2: an occurrence makes one message at most. Every text of a run is another, but for those of a series. */
function once(ending: Ending): string[] {
  const series = new Set([...ending.relay.values()].flatMap(seriesTexts(ending)))
  return [...ending.relay].flatMap(([account, state]) => {
    const messages = messagesIn(state)
    const received = messages.filter(({ to }) => to === account.uin).map(({ id }) => ending.texts.get(id) ?? id)
    const fired = messages.filter(({ backupId, from }) => backupId !== null && from === account.uin)
    return [
      ...twice(messages.map(({ id }) => id)).map((id) => `P2: the message ${id} stands twice in ${account.nick}'s log`),
      ...twice(received.filter((text) => !series.has(text))).map((text) => `P2: "${text}" came twice`),
      ...[...state.backups.values()].flatMap((record) => {
        const made = fired.filter(({ backupId }) => backupId === record.id).length
        const said = record.occurrences.filter(({ outcome }) => outcome === 'sent').length
        return made === said || ending.book.restored
          ? []
          : [`P2: the backup ${record.id} says it was sent ${said} times and made ${made} messages`]
      }),
    ]
  })
}

/** What a series said. After a restore the log may not hold any more that it was one; its messages still do. */
const seriesTexts =
  ({ texts, book }: Ending) =>
  (state: AtRelay): string[] =>
    messagesIn(state).flatMap(({ id, backupId, content }) => {
      const saidSo = book.restored && content.kind === 'sealed' && content.repeats
      return backupId !== null && (saidSo || isSeries(state, backupId)) ? [texts.get(id) ?? ''] : []
    })

function faultOf(ending: Ending, owner: Account, record: BackupRecord): string | null {
  switch (record.state) {
    case 'armed':
      return overdue(ending, { uin: owner.uin, state: stateOf(ending, owner), record })
    case 'failed':
      return record.error === null ? 'failed without a reason' : null
    case 'held':
      return record.heldReason === null ? 'is held without a reason' : null
    case 'due':
      return record.dueAt === null ? 'is due without an instant' : null
    case 'missed':
    case 'expired':
      return record.occurrences.at(-1)?.outcome === 'missed' ? null : 'was missed and does not say so'
    case 'sent':
    case 'dismissed':
    case 'cancelled':
      return null
    default:
      return record.state satisfies never
  }
}

/** P3: every moment that has come is visible as something. */
function noneDropped(ending: Ending): string[] {
  return [...ending.relay].flatMap(([owner, { backups }]) =>
    [...backups.values()].flatMap((record) => {
      const fault = faultOf(ending, owner, record)
      return fault === null ? [] : [`P3: the backup ${record.id} of ${owner.nick} ${fault}`]
    }),
  )
}

/** Nothing is sent by itself before what it waits for has come, or while something keeps it. */
function noneEarly(ending: Ending): string[] {
  return [...ending.relay].flatMap(([owner, state]) =>
    entriesOf(state, 'message').flatMap(({ seq, message }) => {
      if (!message.automatic || message.from !== owner.uin) return []
      const record = state.backups.get(message.backupId ?? '')
      // Of a series only the last occurrence is still to be seen.
      if (record === undefined || isSeries(state, record.id)) return []
      return sentWrongly(ending, { uin: owner.uin, state, record }, seq, message.at).map(
        (how) => `early: the backup ${record.id} of ${owner.nick} was sent ${how}`,
      )
    }),
  )
}

function sentWrongly(ending: Ending, owned: Owned, seq: number, at: number): string[] {
  const { trigger, window, action, late } = owned.record.plan
  const open = trigger.conditions.map((condition) => heldNotYet(ending, owned, condition, seq))
  const early = trigger.match === 'any' ? !open.includes(false) : open.includes(true)
  const deadline = window?.elseAt != null && window.elseAt <= at
  const quiet = quietBefore(owned, seq)
  const times = trigger.conditions.flatMap((one) => (one.kind === 'time' ? [one.at] : []))
  const [only] = times.length === trigger.conditions.length && times.length === 1 ? times : []
  const countdown = action.kind === 'send' ? (action.countdownMs ?? 0) : 0
  const gated = window !== null && (window.between ?? window.days ?? window.onlyIfIAm ?? window.elseAt) !== null
  const lateBy = only === undefined || gated || quiet.length > 0 ? 0 : at - only - countdown
  return [
    ...(early && !deadline ? ['before its moment'] : []),
    ...(window !== null && !deadline && !windowIsOpen(window, at) ? ['while its window was closed'] : []),
    ...(window?.expiresAt != null && window.expiresAt <= at ? ['after it had expired'] : []),
    ...(replied(ending, owned, { before: seq }) ? ['although they had replied'] : []),
    ...(times.length === 0 && !deadline && inQuiet(quiet, at) ? ['in quiet hours'] : []),
    ...(only !== undefined && !gated && at < only + countdown ? ['before its countdown was over'] : []),
    ...(late.then !== 'send' && lateBy > late.graceMs ? ['although it was late'] : []),
  ]
}

/** Nothing passes between two who are no friends, or to keys that are no more. */
function onlyPermitted(ending: Ending): string[] {
  return [...ending.relay].flatMap(([account, state]) =>
    entriesOf(state, 'message').flatMap(({ seq, message }) => {
      if (message.friend === account.uin) return []
      const friends = friendBefore(state, message.friend, seq)?.state === 'friend'
      const keys = ending.book.newKeys.findLast((one) => one.account === account && one.after < seq)
      const { content } = message
      const sealedTo = content.kind === 'sealed' ? content.sealedTo : null
      const stale = keys !== undefined && message.to === account.uin && message.automatic && sealedTo !== keys.keyId
      return [
        ...(friends ? [] : [`permission: ${account.nick} has ${message.id} of somebody who is no friend`]),
        ...(stale ? [`keys: ${message.id} went to keys that ${account.nick} has no more`] : []),
      ]
    }),
  )
}

/** P4: after "cancelled" nothing fires; after a firing cancel says so. */
function cancelMeantIt(ending: Ending): string[] {
  const { book } = ending
  const sent = (owner: Account, id: string) => {
    const { log } = stateOf(ending, owner)
    const ended = log.findLast(
      (entry) => entry.type === 'backup' && entry.backup.id === id && entry.backup.state === 'cancelled',
    )
    // A series may have been sent before it was cancelled.
    const from = isSeries(stateOf(ending, owner), id) ? (ended?.seq ?? 0) : 0
    return log.filter(({ seq, ...entry }) => entry.type === 'message' && entry.message.backupId === id && seq > from)
      .length
  }
  return [
    ...book.cancels
      .filter(({ owner, id }) => !book.undone.has(id) && sent(owner, id) > 0)
      .map(({ id }) => `P4: the backup ${id} was cancelled and sent`),
    ...book.tooLate
      .filter(({ owner, id }) => sent(owner, id) === 0)
      .map(({ id }) => `P4: the backup ${id} could not be cancelled, "already sent", and never was`),
    ...book.sends
      .filter(({ owner, id }) => sent(owner, id) === 0)
      .map(({ id }) => `P4: the backup ${id} was sent by hand, "sent", and made no message`),
  ]
}

const line = ({ friend, n, from, id }: MessageRecord) => `${friend}/${n} from ${from} ${id}`

/** P5: every device of both sides has every message, once and in order. */
function everywhere(ending: Ending): string[] {
  const faults: string[] = []
  for (const [account, state] of ending.relay) {
    const messages = messagesIn(state)
    const numbers = new Map<string, number>()
    for (const { friend, n } of messages) {
      if (!ending.book.restored && n !== (numbers.get(friend) ?? 0) + 1)
        faults.push(`P5: ${account.nick}'s log has ${friend}/${n} out of order`)
      numbers.set(friend, n)
    }
    const wanted = messages.map(line)
    // Who opens it only now may lack the keys it was sealed for, or know the sender by others.
    const rekeyed = (uin: string) => ending.book.newKeys.some((other) => other.account.uin === uin)
    const foreign = new Set(messages.flatMap(({ id, from, to }) => (rekeyed(from) || rekeyed(to) ? [id] : [])))
    for (const device of account.devices) {
      const at = ending.devices.get(device)
      const has = at?.messages.map(line) ?? []
      const more = has.filter((one) => !wanted.includes(one))
      const less = wanted.filter((one) => !has.includes(one))
      if (more.length + less.length > 0 || new Set(has).size < has.length) {
        faults.push(`P5: ${device.machine.name} has other messages than the relay`)
      }
      const unopened = ending.book.restored ? [] : (at?.unopened ?? [])
      const unreadable = [...(at?.unreadable ?? []), ...unopened].filter((id) => !foreign.has(id))
      faults.push(...unreadable.map((id) => `P5: ${device.machine.name} cannot show the message ${id}`))
    }
    for (const message of ending.book.restored ? [] : messages) {
      if (message.to === account.uin || message.from !== account.uin) continue
      const theirs = messagesIn(accountOf(ending, message.to)[1]).find(({ id }) => id === message.id)
      if (theirs?.n !== message.n) faults.push(`P5: ${line(message)} is not the same on both sides`)
    }
  }
  return ending.book.restored ? faults : [...faults, ...inOrder(ending)]
}

/** What one terminal sent to one friend stands there in the order it was sent. */
function inOrder(ending: Ending): string[] {
  const last = new Map<string, number>()
  return ending.book.messages.flatMap(({ device, to, text, keyed }) => {
    if (keyed) return []
    const message = messagesIn(accountOf(ending, to)[1]).find(({ id }) => ending.texts.get(id) === text)
    if (message === undefined) return []
    const way = `${device.machine.name} to ${to}`
    const before = last.get(way) ?? 0
    last.set(way, message.n)
    return message.n > before ? [] : [`P5: "${text}", ${way}, came out of order`]
  })
}

/** All devices of an account show what the relay has. */
function alike(ending: Ending): string[] {
  const faults: string[] = []
  for (const [account, state] of ending.relay) {
    const records = [...state.backups.values()].map((record) => ({ ...record, text: state.textOf(record) }))
    const wanted = records.map(shown).sort()
    // A reminder that came due by a terminal's own clock while the relay was away stays on its screen, even where the
    // relay's clock, set back, says that it was early.
    const early = records.filter(({ state: its, plan }) => its === 'armed' && plan.action.kind === 'remind')
    const shownHere = new Map(early.map((record) => [shown({ ...record, state: 'due' }), shown(record)]))
    for (const device of account.devices) {
      const at = ending.devices.get(device)
      if (at === undefined) continue
      const { name } = device.machine
      if (!at.status.connected || at.waiting > 0) {
        faults.push(`${name} is not settled: connected ${at.status.connected}, waiting ${at.waiting}`)
      }
      // One that never left the terminal it was cancelled on, or was refused to, is nobody else's.
      const has = at.backups
        .filter(
          ({ id, stored, state: its }) => stored === 'relay' || !(its === 'cancelled' || at.refused.has(id ?? '')),
        )
        .map((view) => shown({ ...view, id: view.id ?? '' }))
        .map((one) => shownHere.get(one) ?? one)
      const odd = [...has.filter((one) => !wanted.includes(one)), ...wanted.filter((one) => !has.includes(one))]
      if (odd.length > 0) faults.push(`${name} shows other backups than the relay: ${odd.join(' | ')}`)
    }
  }
  return faults
}

function shown(of: { id: string; rev: number; state: string; occurrence: number; text: string | null }): string {
  return `${of.id} rev ${of.rev} occurrence ${of.occurrence} ${of.state} "${of.text}"`
}

/** What a relay that was taken back to an older state still owes: nothing twice, all alike, no backup lost. */
function afterRestore(ending: Ending): string[] {
  return [...lostAdds(ending), ...once(ending), ...everywhere(ending), ...alike(ending)]
}

export function broken(ending: Ending): string[] {
  if (ending.book.restored) return [...ending.book.faults, ...afterRestore(ending)]
  return [
    ...ending.book.faults,
    ...kept(ending),
    ...once(ending),
    ...noneDropped(ending),
    ...noneEarly(ending),
    ...onlyPermitted(ending),
    ...cancelMeantIt(ending),
    ...everywhere(ending),
    ...alike(ending),
  ]
}
