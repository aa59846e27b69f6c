import type { OutboxItem, QueuedCall } from './rows.ts'

/** The id of the backup that a queued call is about. */
export function backupOf({ call }: OutboxItem): string | null {
  switch (call.method) {
    case 'backup.put':
      return call.params.backups[0]?.id ?? null
    case 'backup.edit':
    case 'backup.send':
    case 'backup.step':
      return call.params.id
    default:
      return null
  }
}

/** The id of the backup or message that a queued call makes. */
export function makes(call: QueuedCall): string | null {
  if (call.method === 'backup.put') return call.params.backups[0]?.id ?? null
  return call.method === 'message.send' ? call.params.id : null
}

/**
 * The outbox by number, and beside it by backup. While a file is imported it holds thousands of new backups, and each
 * look at one backup, or at a setting, would go through all of them.
 */
export class QueuedCalls {
  readonly #items = new Map<number, OutboxItem>()
  readonly #about = new Map<string | null, Set<number>>()

  get(n: number): OutboxItem | undefined {
    return this.#items.get(n)
  }

  keys(): Iterable<number> {
    return this.#items.keys()
  }

  values(): Iterable<OutboxItem> {
    return this.#items.values()
  }

  /** What is queued about a backup, oldest first; null: about none. */
  about(id: string | null): OutboxItem[] {
    const items = [...(this.#about.get(id) ?? [])].map((n) => this.#items.get(n))
    return items.filter((item) => item !== undefined).sort((a, b) => a.n - b.n)
  }

  /** The backups something is queued about. */
  backups(): string[] {
    return [...this.#about.keys()].filter((id) => id !== null)
  }

  set(n: number, item: OutboxItem): void {
    this.#unlink(n)
    this.#items.set(n, item)
    const id = backupOf(item)
    this.#about.set(id, (this.#about.get(id) ?? new Set()).add(n))
  }

  delete(n: number): void {
    this.#unlink(n)
    this.#items.delete(n)
  }

  #unlink(n: number): void {
    const item = this.#items.get(n)
    if (item === undefined) return
    const id = backupOf(item)
    const numbers = this.#about.get(id)
    numbers?.delete(n)
    if (numbers?.size === 0) this.#about.delete(id)
  }
}
