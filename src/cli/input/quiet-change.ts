import { ImError } from '../../protocol/errors.ts'
import type { Flags } from '../tree/flags.ts'

/** What SPAN and --tz ask for; `span` null: no quiet hours. Null: nothing is to be changed. */
export function quietChange({ tz }: Flags, span: string | undefined): { span: string | null; tz?: string } | null {
  if (span === undefined) {
    if (tz !== undefined) throw new ImError('USAGE', '--tz goes with a SPAN', { hint: 'e.g. 22:00-07:00' })
    return null
  }
  return { span: span === 'off' ? null : span, ...(tz !== undefined && { tz }) }
}
