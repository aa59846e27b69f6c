/** What the daemon does beside its answers: each effect ends by itself, and its failure is a line in the log. */
import type { Uin } from '../domain/uin.ts'
import { type Core, knownOf } from './core.ts'
import { toImError } from './errors.ts'
import type { ShownBackup } from './mirror/overlay.ts'
import { forgettable, forgettableItems } from './mirror/retention.ts'
import { keys } from './mirror/rows.ts'
import { textOf } from './mirror/texts.ts'
import { dueNotable } from './notifications/notables.ts'
import { nameOf } from './views/views.ts'

/** Once a session: what ended long ago goes, here as at the relay. */
export async function forgetEnded({ ledger, link, host }: Core): Promise<void> {
  const limits = link.peer?.hello.limits
  if (limits === undefined) return
  const ids = forgettable(ledger.state.backups.values(), limits, link.now())
  const items = forgettableItems(ledger.state.outbox.values(), limits, link.now())
  if (ids.length + items.length === 0) return
  try {
    await ledger.change((tx) => {
      for (const id of ids) tx.remove(keys.backup(id))
      for (const n of items) tx.remove(keys.outbox(n))
    })
  } catch (error) {
    host.log.warn('ended backups not forgotten', { code: toImError(error).code })
  }
}

/** `once` is used up. */
export async function turnOff({ outbox, host }: Core, friends: readonly Uin[]): Promise<void> {
  try {
    await outbox.change((_tx, queue) => {
      for (const uin of friends) queue({ method: 'friend.set', params: { uin, notify: 'off' } })
    })
  } catch (error) {
    host.log.warn('once not turned off', { code: toImError(error).code })
  }
}

/** A reminder whose moment comes while the relay is away: shown here, and remembered by id and occurrence. */
export async function showLocally(core: Core, { record }: ShownBackup, dueAt: number): Promise<void> {
  const { ledger, host, watch, popups } = core
  const { id, occurrence } = record
  try {
    await ledger.change((tx) => tx.put(keys.localDue(id), { id, occurrence, at: dueAt }))
  } catch (error) {
    host.log.error('reminder not noted', { code: toImError(error).code })
  }
  popups.show([dueNotable(record, knownOf(core), false)])
  watch.changed()
}

/** On every terminal, so that it can be stopped from any of them. */
export function showCountdown(core: Core, { record }: ShownBackup, endsAt: number): void {
  const { link, texts, watch, popups } = core
  const seconds = Math.round((endsAt - link.now()) / 1_000)
  const { id, occurrence, plan } = record
  const to = nameOf(knownOf(core), plan.to)
  popups.show([{ kind: 'countdown', id, occurrence, uin: plan.to, to, text: textOf(texts.backup(record)), seconds }])
  watch.publish([{ kind: 'countdown', id: record.id, at: link.now() }])
}
