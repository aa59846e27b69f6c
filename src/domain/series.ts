/** The slots of a recurrence and the turns of a repeated event: which one is next, and when there is none any more. */
import type { BackupPlan, EveryCondition } from './backup.ts'
import { DAY_MS, HOUR_MS, type Instant } from './instant.ts'
import { everyOf } from './repeating.ts'
import { nextSlot, type Rule } from './rule.ts'
import { DomainError } from './rule-error.ts'
import { parseRule } from './rule-words.ts'
import { windowEdge, windowOpen } from './window.ts'

/** Slots that passed unused are counted one by one up to here; beyond, the newest is looked for directly. */
const COUNTED_ONE_BY_ONE = 512
/** Slots looked at for a preview: a window may leave most of them out. */
const LOOKED_AHEAD = 2_000

/** The stored text of a rule names the date its interval is counted from, so any `now` reads it alike. */
function ruleOf({ rule, zone }: EveryCondition): Rule {
  return parseRule(rule, { now: 0, zone })
}

/** The slot after an instant when `done` are over; null when the series ends before it. */
function slotAfter(every: EveryCondition, rule: Rule, after: Instant, done: number): Instant | null {
  if (every.count !== null && done >= every.count) return null
  const slot = nextSlot(rule, after)
  return slot === null || (every.until !== null && slot > every.until) ? null : slot
}

function withEvery(plan: BackupPlan, every: EveryCondition): BackupPlan {
  const conditions = plan.trigger.conditions.map((one) => (one.kind === 'every' ? every : one))
  return { ...plan, trigger: { ...plan.trigger, conditions } }
}

/** The series one slot further; null when that was the last. */
function moved(every: EveryCondition, rule: Rule): EveryCondition | null {
  if (every.next === null) return null
  const done = every.done + 1
  return { ...every, done, slot: every.next, next: slotAfter(every, rule, every.next, done + 1) }
}

/** A recurrence as it begins at `now`, at its first slot after that. Throws NEVER_FIRES when there is none. */
export function firstSlot(rule: Omit<EveryCondition, 'done' | 'slot' | 'next'>, now: Instant): EveryCondition {
  const every: EveryCondition = { ...rule, done: 0, slot: now, next: null }
  const parsed = ruleOf(every)
  const slot = slotAfter(every, parsed, now, 0)
  if (slot === null) throw new DomainError('NEVER_FIRES', 'The series ends before its first time comes.')
  return { ...every, slot, next: slotAfter(every, parsed, slot, 1) }
}

/** The plan as it begins at `now`. Throws NEVER_FIRES. */
export function opened(plan: BackupPlan, now: Instant): BackupPlan {
  const fresh = plan.repeat === null ? plan : { ...plan, repeat: { ...plan.repeat, done: 0 } }
  const every = everyOf(plan)
  return every === null ? fresh : withEvery(fresh, firstSlot(every, now))
}

/** The plan after one firing; null when nothing follows. */
export function afterOne(plan: BackupPlan, now: Instant): BackupPlan | null {
  const every = everyOf(plan)
  if (every !== null) {
    if (every.slot > now) return plan
    const next = moved(every, ruleOf(every))
    return next === null ? null : withEvery(plan, next)
  }
  const { repeat } = plan
  if (repeat === null) return null
  const done = repeat.done + 1
  if (repeat.count !== null && done >= repeat.count) return null
  return repeat.until !== null && repeat.until <= now ? null : { ...plan, repeat: { ...repeat, done } }
}

/** The plan at the newest slot that has come, and how many before it passed unused. */
export function afterPassed(plan: BackupPlan, now: Instant): { plan: BackupPlan; passed: number } {
  let every = everyOf(plan)
  if (every === null) return { plan, passed: 0 }
  const rule = ruleOf(every)
  let passed = 0
  for (; every.next !== null && every.next <= now; passed++) {
    const from: EveryCondition = passed < COUNTED_ONE_BY_ONE ? every : { ...every, next: newest(rule, every, now) }
    every = moved(from, rule) ?? every
  }
  return { plan: withEvery(plan, every), passed }
}

/** The newest slot that has come, from the next one on: looked for in longer and longer spans before now. */
function newest(rule: Rule, { next, until }: EveryCondition, now: Instant): Instant {
  const end = until === null ? now : Math.min(now, until)
  const first = next ?? end
  for (let span = HOUR_MS; ; span = Math.max(span * 4, DAY_MS)) {
    const from = Math.max(first - 1, end - span)
    let slot = nextSlot(rule, from)
    if (slot === null || slot > end) {
      if (from < first) return first
      continue
    }
    for (;;) {
      const later = nextSlot(rule, slot)
      if (later === null || later > end) return slot
      slot = later
    }
  }
}

/** The plan without its next `count` slots; null when nothing is left of it. */
export function withoutNext(plan: BackupPlan, count: number): BackupPlan | null {
  let every = everyOf(plan)
  if (every === null) return null
  const rule = ruleOf(every)
  for (let n = 0; n < count && every !== null; n++) every = moved(every, rule)
  return every === null ? null : withEvery(plan, every)
}

/** When it may fire that comes due at an instant: then, or when its window opens next; null: not in sight. */
function openFrom({ window }: BackupPlan, at: Instant): Instant | null {
  return window === null || windowOpen(window, at) ? at : windowEdge(window, at, 1)
}

/** The slots still to come, up to `count`, each when it may fire. One that the next slot overtakes is left out. */
function slotsAhead(plan: BackupPlan, now: Instant, count: number): Instant[] {
  let every = everyOf(plan)
  if (every === null) return []
  const rule = ruleOf(every)
  const found: Instant[] = []
  let opensAt: Instant | null = Number.NEGATIVE_INFINITY
  for (let looked = 0; every !== null && found.length < count && looked < LOOKED_AHEAD; looked++) {
    // An opening holds for all slots before it.
    if (every.slot >= opensAt) opensAt = openFrom(plan, every.slot)
    if (opensAt === null) return found
    if (every.slot > now && (every.next === null || opensAt < every.next)) found.push(opensAt)
    every = moved(every, rule)
  }
  return found
}

/** The instants at which a plan may fire by time alone, up to `count`; nothing is moved by looking. */
export function nextInstants(plan: BackupPlan, now: Instant, count: number): Instant[] {
  const times = plan.trigger.conditions.flatMap((one) => (one.kind === 'time' ? [openFrom(plan, one.at)] : []))
  const single = [...times, plan.window?.elseAt ?? null].filter((at) => at !== null && at > now) as Instant[]
  return [...new Set([...single, ...slotsAhead(plan, now, count)])].sort((a, b) => a - b).slice(0, count)
}
