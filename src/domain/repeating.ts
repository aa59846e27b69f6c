/** What repeats, and what such a backup still listens to. The arithmetic of its slots is in `series.ts`. */
import type { BackupPlan, BackupState, Condition, EveryCondition, Trigger } from './backup.ts'

/** A plan has one recurrence at most. */
export function everyOf({ trigger }: BackupPlan): EveryCondition | null {
  return trigger.conditions.find((condition): condition is EveryCondition => condition.kind === 'every') ?? null
}

/** Whether the plan is armed anew after it has fired. */
export function repeats(plan: BackupPlan): boolean {
  return plan.repeat !== null || everyOf(plan) !== null
}

/** Whether the trigger is looked at: a series goes on while the reminder of an earlier slot is still due. */
export function isListening({ state, final }: { state: BackupState; final: boolean }): boolean {
  return state === 'armed' || (state === 'due' && !final)
}

/** What can come again after it was armed anew. A state that holds, or a time that has passed, would hold at once. */
function comesAgain(condition: Condition): boolean {
  switch (condition.kind) {
    case 'every':
    case 'message':
    case 'my-send':
      return true
    case 'presence':
      return condition.turns !== null
    case 'time':
    case 'read':
      return false
    default:
      return condition satisfies never
  }
}

/** Whether a trigger can be repeated without firing again at the very moment it has fired. */
export function canRepeat({ match, conditions }: Trigger): boolean {
  if (conditions.length === 0) return false
  return match === 'all' ? conditions.some(comesAgain) : conditions.every(comesAgain)
}
