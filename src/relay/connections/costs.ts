import { DAY_MS } from '../../domain/instant.ts'
import type { Clock } from '../../host/host.ts'
import type { RelayMethod } from '../../protocol/relay-api.ts'
import type { RelayConfig } from '../config.ts'
import { Budgets } from './budgets.ts'

/**
 * What a call that changes nothing draws on its account's budget for reading; changes have a budget of their own. A
 * page of state reads up to 128 KiB; a fresh login with 20,000 backups takes about 200 of them.
 */
export const READ_COSTS: Partial<Record<RelayMethod, number>> = {
  'log.state': 4,
  'log.history': 4,
  'log.follow': 4,
  'device.list': 2,
  'backup.get': 1,
  'session.active': 1,
}

const READS_PER_SECOND = 50
const READS_BURST = 2_000
const INVITE_TRIES_PER_MINUTE = 10

/** All that is counted, by account, by UIN or by caller. */
export function allBudgets(clock: Clock, { limits, loginsPerMinute }: RelayConfig) {
  const perMinute = (count: number) => new Budgets(clock, count / 60, count)
  return {
    changes: new Budgets(clock, limits.changesPerSecond, limits.changesBurst),
    marks: new Budgets(clock, limits.changesPerSecond, limits.changesBurst),
    /** Asking new people: the seconds of a day, of which each takes its share. */
    requests: new Budgets(clock, 1, DAY_MS / 1000),
    reads: new Budgets(clock, READS_PER_SECOND, READS_BURST),
    logins: perMinute(loginsPerMinute),
    /** Tries with an invite. */
    invites: perMinute(INVITE_TRIES_PER_MINUTE),
  }
}
