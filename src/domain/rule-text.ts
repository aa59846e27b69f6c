import type { Weekday } from './backup.ts'
import { formatClock, MONTHS, WEEKDAYS } from './calendar-words.ts'
import { type Rule, type RuleDays, WORKDAYS } from './rule.ts'

/** The rule as RULE, in its shortest words, with the date an interval is counted from. `parseRule` reads it back. */
export function formatRule(rule: Rule): string {
  if (rule.kind === 'cron') return rule.fields
  const { days } = rule
  const clock = formatClock(rule.clock)
  const from = 'anchor' in days && days.anchor !== null ? ` from ${days.anchor}` : ''
  return `${formatDays(days)} ${clock}${from}`
}

function weekdayNames(on: readonly Weekday[]): string[] {
  return on.map((weekday) => WEEKDAYS[weekday - 1] ?? '')
}

function isWorkdays(on: readonly Weekday[]): boolean {
  return on.join() === WORKDAYS.join()
}

function formatDays(days: RuleDays): string {
  switch (days.unit) {
    case 'day':
      return days.every === 1 ? 'day' : `${days.every} days`
    case 'week': {
      const names = isWorkdays(days.on) ? 'weekday' : weekdayNames(days.on).join(',')
      return days.every === 1 ? names : `${days.every} weeks ${names}`
    }
    case 'month':
      if (days.pick.by === 'date') return days.pick.day === 'last' ? 'last day' : `month ${days.pick.day}`
      return `${days.pick.nth} ${weekdayNames([days.pick.weekday])[0]}`
    case 'year':
      return `year ${days.day} ${MONTHS[days.month - 1]}`
  }
}

/** The rule as a sentence for people: `every 2 days at 09:00 Europe/Berlin, counted from 2026-11-24`. */
export function describeRule(rule: Rule): string {
  if (rule.kind === 'cron') return `at the times of the cron fields "${rule.fields}", ${rule.zone}`
  const { days } = rule
  const at = `${describeDays(days)} at ${formatClock(rule.clock)} ${rule.zone}`
  return 'anchor' in days && days.anchor !== null ? `${at}, counted from ${days.anchor}` : at
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function describeDays(days: RuleDays): string {
  switch (days.unit) {
    case 'day':
      return days.every === 1 ? 'every day' : `every ${days.every} days`
    case 'week': {
      const names = isWorkdays(days.on) ? 'Monday to Friday' : weekdayNames(days.on).map(capital).join(', ')
      return days.every === 1 ? `every week on ${names}` : `every ${days.every} weeks on ${names}`
    }
    case 'month': {
      const { pick } = days
      if (pick.by === 'weekday') return `on the ${pick.nth} ${capital(formatDays(days).slice(-3))} of every month`
      if (pick.day === 'last') return 'on the last day of every month'
      return `on day ${pick.day} of every month${pick.day > 28 ? ' (shorter months are skipped)' : ''}`
    }
    case 'year': {
      const leap = days.month === 2 && days.day === 29 ? ' (other years are skipped)' : ''
      return `every year on ${days.day} ${capital(MONTHS[days.month - 1] ?? '')}${leap}`
    }
  }
}
