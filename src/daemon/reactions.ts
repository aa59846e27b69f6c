/** What happens in one part of the daemon, and what the others do about it. It is told here and nowhere else. */
import { isLive } from '../domain/life.ts'
import type { Uin } from '../domain/uin.ts'
import type { RelayEvents } from '../protocol/relay-api.ts'
import { type Core, knownOf } from './core.ts'
import { forgetEnded } from './effects.ts'
import type { Progress } from './link/log-follower.ts'
import type { RelayEventOf, RelayPeer } from './link/relay-peer.ts'
import type { Told } from './mirror/mirror.ts'
import { friendSettings } from './mirror/overlay.ts'
import { backupOf } from './mirror/queued-calls.ts'
import type { OutboxItem } from './mirror/rows.ts'
import { notableHeld, notableOf } from './notifications/notables.ts'
import { nameOf } from './views/views.ts'

/** The session with the relay is open. */
export async function opened({ popups, follower, outbox }: Core, peer: RelayPeer, uin: Uin): Promise<void> {
  popups.gather({ away: true })
  await follower.begin(peer, uin)
  outbox.flush()
}

/** It is gone. */
export function lost({ follower, presence, scheduler, watch }: Core): void {
  follower.lost()
  presence.lost()
  scheduler.lost()
  watch.changed()
}

/** What the relay tells while it is open. */
export function happened(core: Core, { event, params }: RelayEventOf): void {
  const { link, follower } = core
  if (event === 'log.entries') {
    if (link.peer !== null) follower.entries(link.peer, params)
  } else if (event === 'presence.snapshot') snapshot(core, params)
  else if (event === 'presence.changed') presenceChanged(core, params)
}

function snapshot(core: Core, { me, friends }: RelayEvents['presence.snapshot']): void {
  core.presence.snapshot(me, friends)
  core.watch.changed()
  if (core.follower.caughtUp) core.scheduler.evaluateAll()
}

function presenceChanged(core: Core, params: RelayEvents['presence.changed']): void {
  const { ledger, link, presence, scheduler, watch, popups } = core
  const { state } = ledger
  const me = state.account?.uin
  if (me === undefined) return
  const change = presence.change(params, me)
  if (change === null) {
    scheduler.evaluate(params.uin === me ? state.backups.lookingAtOwner() : state.backups.mentioning(params.uin))
    watch.changed()
    return
  }
  scheduler.evaluate(state.backups.mentioning(change.uin))
  watch.publish([{ kind: 'presence', change, at: link.now() }])
  const friend = state.friends.get(change.uin)
  if (friend === undefined) return
  const name = nameOf(knownOf(core), change.uin)
  popups.show([{ kind: 'presence', change, name, notify: friendSettings(state, friend).notify }])
}

/** Entries of the log are on disk. */
export function applied(core: Core, told: readonly Told[], progress: Progress): void {
  const { ledger, scheduler, watch, popups, keeper } = core
  const { backups } = ledger.state
  watch.publish(told.map((one) => ({ kind: 'told', told: one })))
  popups.show(told.flatMap((one) => notableOf(one, knownOf(core))))
  const ids = new Set<string>()
  for (const { ref, type } of told) {
    if ('backup' in ref) keeper.backupChanged(ref.backup)
    else if (type === 'friend') keeper.friendChanged(ref.friend)
    if ('backup' in ref) ids.add(ref.backup)
    else for (const id of [...backups.mentioning(ref.friend), ...backups.lookingAtOwner()]) ids.add(id)
  }
  // While the log is behind the scheduler only notes them.
  scheduler.evaluate(ids)
  if (progress === 'first-head') {
    scheduler.evaluateAll()
    keeper.lookAtAll()
    void forgetEnded(core)
  } else if (progress === 'head') scheduler.caughtUp()
  keeper.look()
}

/** The mirror was made anew. `held`: backups the relay holds since, and did not before. */
export function resynced(core: Core, held: readonly string[]): void {
  core.watch.changed()
  core.popups.show(held.flatMap((id) => notableHeld(id, knownOf(core))))
}

/** The relay has answered a queued call. */
export function answered({ ledger, scheduler, keeper, watch }: Core, item: OutboxItem): void {
  const id = backupOf(item)
  if (id !== null) {
    if (isLive(ledger.state.backups.get(id)?.record.state ?? 'cancelled')) scheduler.evaluate([id])
    // Its entry may have come first; while something was queued about it, its keys were not looked after.
    keeper.backupChanged(id)
    keeper.look()
  }
  watch.changed()
}

/** What only this device saw come due is due at the relay first; then it can be dismissed there. */
export function beforeSending({ ledger }: Core, peer: RelayPeer, { call }: OutboxItem): Promise<unknown> | null {
  if (call.method !== 'backup.step' || call.params.step !== 'dismiss') return null
  const { state } = ledger
  const record = state.backups.get(call.params.id)?.record
  if (record?.state !== 'armed' || !state.localDue.has(record.id)) return null
  const { id, rev, occurrence } = record
  return peer.call('backup.fire', { id, rev, occurrence, seenSeq: state.cursor?.seq ?? 0, sightings: [] })
}
