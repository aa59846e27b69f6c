import type { BackupPlan } from '../../domain/backup.ts'
import { namedBy } from '../../domain/conditions.ts'
import type { Uin } from '../../domain/uin.ts'
import type { BackupRow } from './rows.ts'

/** Everybody whose doings can change what a backup does, its recipient included. */
function peopleOf(plan: BackupPlan): ReadonlySet<Uin> {
  const people = plan.trigger.conditions.map(namedBy).filter((uin): uin is Uin => uin !== null)
  return new Set([plan.to, ...people])
}

/** Whether the plan looks at its owner: the own state, or a send to whomever. */
function looksAtOwner(plan: BackupPlan): boolean {
  if (plan.window !== null && plan.window.onlyIfIAm !== null) return true
  return plan.trigger.conditions.some((condition) => condition.kind === 'my-send')
}

/** The backups of the account, and for each friend those that wait for or speak of that friend. */
export class DraftMap {
  readonly #rows = new Map<string, BackupRow>()
  readonly #byPerson = new Map<Uin, Set<string>>()
  readonly #byOwner = new Set<string>()

  get size(): number {
    return this.#rows.size
  }

  get(id: string): BackupRow | undefined {
    return this.#rows.get(id)
  }

  ids(): Iterable<string> {
    return this.#rows.keys()
  }

  values(): Iterable<BackupRow> {
    return this.#rows.values()
  }

  set(id: string, row: BackupRow): void {
    this.delete(id)
    this.#rows.set(id, row)
    for (const person of peopleOf(row.record.plan)) {
      const ids = this.#byPerson.get(person) ?? new Set()
      ids.add(id)
      this.#byPerson.set(person, ids)
    }
    if (looksAtOwner(row.record.plan)) this.#byOwner.add(id)
  }

  delete(id: string): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    this.#rows.delete(id)
    this.#byOwner.delete(id)
    for (const person of peopleOf(row.record.plan)) {
      const ids = this.#byPerson.get(person)
      ids?.delete(id)
      if (ids?.size === 0) this.#byPerson.delete(person)
    }
  }

  mentioning(person: Uin): readonly string[] {
    return [...(this.#byPerson.get(person) ?? [])]
  }

  lookingAtOwner(): readonly string[] {
    return [...this.#byOwner]
  }
}
