/** What only the daemon knows: friends, backups, devices. It is never started for this, and never stopped. */

import { visible } from '../../domain/clean-text.ts'
import type { KeySpec } from '../../host/config-keys.ts'
import type { BackupView, FriendView } from '../../protocol/views.ts'
import { type Connection, openDaemon } from '../client/client.ts'
import type { Context } from '../context.ts'
import type { Candidate, Live } from './candidates.ts'

const MOST_ABOUT = 40

/** `before`: the word before the cursor. @throws what the call throws, TIMEOUT included. */
export async function liveCandidates(
  context: Context,
  live: Live,
  { before, timeoutMs }: { before: string; timeoutMs: number },
): Promise<Candidate[]> {
  const { io, paths } = context
  if (live === 'KEY') {
    const { CONFIG_KEYS } = await import('../../host/config-keys.ts')
    return Object.entries(CONFIG_KEYS).map(([value, { about }]) => ({ value, about }))
  }
  if (live === 'VALUE') return valuesOf(before)
  if (live === 'TOPIC') {
    const { helpNames } = await import('../help/help.ts')
    return helpNames()
  }
  if (live === 'ZONE') return Intl.supportedValuesOf('timeZone').map((value) => ({ value, about: '' }))
  const daemon = openDaemon({ io, paths, timeoutMs, onlyRunning: true, anyVersion: true })
  try {
    return await ask(daemon, live)
  } finally {
    daemon.close()
  }
}

/** Of a setting that has but a few. */
async function valuesOf(key: string): Promise<Candidate[]> {
  const { CONFIG_KEYS, isConfigKey } = await import('../../host/config-keys.ts')
  if (!isConfigKey(key)) return []
  const spec: KeySpec = CONFIG_KEYS[key]
  const values = spec.type === 'boolean' ? ['true', 'false'] : spec.type === 'string' ? (spec.oneOf ?? []) : []
  return values.map((value) => ({ value, about: value === String(spec.fallback) ? 'the default' : '' }))
}

async function ask(daemon: Connection, live: 'WHO' | 'ID' | 'ENDED' | 'DEVICE'): Promise<Candidate[]> {
  switch (live) {
    case 'WHO':
      return [{ value: 'me', about: 'yourself' }, ...(await daemon.call('friend.list', {})).map(friendCandidate)]
    case 'ID':
      return (await daemon.call('backup.list', { due: false, all: false })).map(backupCandidate)
    case 'ENDED':
      return (await daemon.call('backup.list', { states: ['cancelled', 'dismissed'], due: false, all: true })).map(
        backupCandidate,
      )
    case 'DEVICE':
      return (await daemon.call('account.devices', {})).map(({ id, name }) => ({ value: id, about: short(name) }))
    default:
      return live satisfies never
  }
}

/** By the name they are called; by the number where the name could not be typed. */
function friendCandidate({ uin, alias, nick, presence, state }: FriendView): Candidate {
  const name = alias ?? nick
  const about = state === 'friend' ? (presence ?? uin) : state
  const typable = name !== null && name !== '' && visible(name) === name && !name.startsWith('-')
  return typable ? { value: name, about } : { value: uin, about }
}

/** As short as a table shows them: whoever types more of it has the whole. */
function backupCandidate({ id, text, state }: BackupView): Candidate {
  return { value: id ?? '', about: `${state}: ${short(text ?? '')}` }
}

function short(text: string): string {
  const line = visible(text)
  return line.length > MOST_ABOUT ? `${line.slice(0, MOST_ABOUT - 1)}…` : line
}
