/** What `im doctor` looks at, and what a look may find. */
import type { AccountView, DaemonView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'

export interface Finding {
  ok: boolean
  /** One line: what is there, or what is wrong. */
  detail: string
  /** The command that mends it. */
  fix?: string
  /** The same by ourselves, where that can harm nothing. */
  mend?: () => Promise<unknown>
}

/** What the checks share: one conversation with the daemon, if one runs. */
export interface Patient {
  context: Context
  daemon: RunningDaemon | null
}

export interface RunningDaemon {
  /** As it wrote down itself. */
  version: string
  /** Of this version, but built before this program was. */
  olderBuild: boolean
  /** Null: it has another version, and was not spoken to, since that would replace it. */
  view: DaemonView | null
  account: AccountView | null
}

/** One check finds one thing or several; nothing where it does not apply. */
export interface Check {
  name: string
  look(patient: Patient): Promise<readonly Finding[]> | readonly Finding[]
}

export const fine = (detail: string): Finding[] => [{ ok: true, detail }]

export const wrong = (detail: string, fix?: string, mend?: Finding['mend']): Finding[] => [
  { ok: false, detail, ...(fix !== undefined && { fix }), ...(mend !== undefined && { mend }) },
]

/** A word as it can be pasted into a shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
