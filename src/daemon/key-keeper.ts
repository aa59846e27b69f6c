import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { BackupRecord, FriendRecord } from '../protocol/records.ts'
import { CallTimeout, LinkLost } from '../rpc/peer.ts'
import { keyId } from '../sealing/keys.ts'
import { toImError } from './errors.ts'
import { randomId } from './ids.ts'
import type { RelayPeer } from './link/relay-peer.ts'
import { friendPrivate, type Known, keyChanged } from './mirror/friend-keys.ts'
import { contentFor, isStale } from './plan/backup-content.ts'

interface KeyKeeperOptions {
  host: Host
  known: () => Known
  /** The open session, once the log has been read to its head. */
  peer: () => RelayPeer | null
  /** A friend's key is not the one I know them by; told once. */
  alarm: (friend: FriendRecord) => void
}

const RETRY_MS = 5_000

/**
 * Looks after the keys of friends, on every device of the owner: remembers the first ones in the friend's private part,
 * so that they roam; says when they change, and holds what would go out on its own; seals again what was sealed for keys
 * that are no more, once the owner has said yes. All of it may be done twice, and by two devices at once.
 */
export class KeyKeeper {
  readonly #options: KeyKeeperOptions
  readonly #friends = new Set<Uin>()
  readonly #backups = new Set<string>()
  /** Friends whose change was told, and of which key. */
  readonly #alarmed = new Map<Uin, string>()
  #running = false
  #closed = false
  #cancelRetry: () => void = () => {}

  constructor(options: KeyKeeperOptions) {
    this.#options = options
  }

  /** Of backups only those that are sent: no others have been sealed for a friend. */
  lookAtAll(): void {
    const { state } = this.#options.known()
    for (const uin of state.friends.keys()) this.#friends.add(uin)
    for (const { record } of state.backups.values()) {
      if (record.plan.action.kind === 'send') this.#backups.add(record.id)
    }
  }

  /** The friend's record has changed, or what the owner says of it. */
  friendChanged(uin: Uin): void {
    this.#friends.add(uin)
    for (const id of this.#options.known().state.backups.mentioning(uin)) this.#backups.add(id)
  }

  backupChanged(id: string): void {
    this.#backups.add(id)
  }

  forget(): void {
    this.#cancelRetry()
    this.#friends.clear()
    this.#backups.clear()
    this.#alarmed.clear()
  }

  close(): void {
    this.#closed = true
    this.forget()
  }

  /** Goes through what has changed, if the relay is there. */
  look(): void {
    if (this.#running || this.#closed || (this.#friends.size === 0 && this.#backups.size === 0)) return
    const peer = this.#options.peer()
    if (peer === null) return
    this.#running = true
    this.#cancelRetry()
    void this.#run(peer).finally(() => {
      this.#running = false
    })
  }

  async #run(peer: RelayPeer): Promise<void> {
    for (;;) {
      const [uin] = this.#friends
      const [id] = this.#backups
      try {
        if (uin !== undefined) {
          this.#friends.delete(uin)
          await this.#lookAtFriend(peer, uin)
        } else if (id !== undefined) {
          this.#backups.delete(id)
          await this.#lookAtBackup(peer, id)
        } else return
      } catch (error) {
        if (error instanceof LinkLost || error instanceof CallTimeout) return
        const known = toImError(error)
        if (known.code === 'INTERNAL') this.#options.host.log.error('keys not looked after', { error })
        if (!known.retry) continue
        if (uin !== undefined) this.#friends.add(uin)
        else if (id !== undefined) this.#backups.add(id)
        this.#cancelRetry = this.#options.host.timers.after(known.retryAfterMs ?? RETRY_MS, () => this.look())
        return
      }
    }
  }

  async #lookAtFriend(peer: RelayPeer, uin: Uin): Promise<void> {
    const known = this.#options.known()
    const friend = known.state.friends.get(uin)
    if (friend?.state !== 'friend' || friend.keys === null) return
    if (keyChanged(known, friend)) {
      this.#alarm(friend, keyId(friend.keys))
      const sends = known.state.backups.mentioning(uin).map((id) => known.state.backups.get(id)?.record)
      if (sends.some((record) => record?.state === 'armed' && isSentTo(record, uin))) {
        await peer.call('friend.hold', { uin })
      }
      return
    }
    this.#alarmed.delete(uin)
    const kept = friendPrivate(known, friend)
    if (kept.firstKeys !== null || hasQueuedPrivate(known, uin)) return
    const sealed = known.texts.sealFriendPrivate({ ...kept, firstKeys: friend.keys }, friend)
    await peer.call('friend.set', { uin, private: sealed })
  }

  #alarm(friend: FriendRecord, key: string): void {
    if (this.#alarmed.get(friend.uin) === key) return
    this.#alarmed.set(friend.uin, key)
    this.#options.alarm(friend)
  }

  async #lookAtBackup(peer: RelayPeer, id: string): Promise<void> {
    const known = this.#options.known()
    const record = known.state.backups.get(id)?.record
    if (record === undefined || known.state.outbox.about(id).length > 0) return
    const friend = known.state.friends.get(record.plan.to)
    if (friend !== undefined && record.state === 'armed' && keyChanged(known, friend)) this.#friends.add(friend.uin)
    if (!isStale(known, record)) return
    const content = await contentFor(known, record, record.plan)
    const change = randomId(this.#options.host.random)
    await peer.call('backup.edit', { id, rev: record.rev, change, content, rearm: false, keep: false })
  }
}

function isSentTo({ plan }: BackupRecord, uin: Uin): boolean {
  return plan.to === uin && plan.action.kind === 'send'
}

function hasQueuedPrivate({ state }: Known, uin: Uin): boolean {
  return state.outbox
    .about(null)
    .some(({ call }) => call.method === 'friend.set' && call.params.uin === uin && call.params.private !== undefined)
}
