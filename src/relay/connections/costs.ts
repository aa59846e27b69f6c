import type { RelayMethod } from '../../protocol/relay-api.ts'

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

export const READS_PER_SECOND = 50
export const READS_BURST = 2_000
