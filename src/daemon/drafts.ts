/** What a person has written for somebody and not sent: sealed, on this device alone, one for each conversation. */
import type { Uin } from '../domain/uin.ts'
import type { Envelope } from '../protocol/records.ts'
import type { Core } from './core.ts'
import { keys, within } from './mirror/rows.ts'
import type { Tx } from './mirror/tx.ts'

/** The draft has become a message or a backup, and goes in the same write. */
export function dropDraft(tx: Tx, to: Uin, isSent: boolean | undefined): void {
  if (isSent) tx.remove(keys.draft(to))
}

/** An empty text is none. */
export async function putDraft(core: Core, to: Uin, text: string, backupId: string | null): Promise<void> {
  const sealed = text === '' ? undefined : core.texts.sealDraft({ text, backupId }, to)
  await core.ledger.change((tx) => {
    if (sealed === undefined) tx.remove(keys.draft(to))
    else tx.put(keys.draft(to), sealed)
  })
}

export async function draftFor(core: Core, to: Uin): Promise<{ text: string | null; backupId: string | null }> {
  const sealed = (await core.ledger.read((reader) => reader.get(keys.draft(to)))) as Envelope | undefined
  return (sealed === undefined ? null : core.texts.draft(sealed, to)) ?? { text: null, backupId: null }
}

/** For whom there are any. */
export async function draftedFor(core: Core): Promise<ReadonlySet<string>> {
  const rows = await core.ledger.read((reader) => reader.range(within('draft')))
  return new Set(rows.map(([key]) => key.slice('draft/'.length)))
}
