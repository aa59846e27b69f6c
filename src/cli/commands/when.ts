import type { WhenView } from '../../protocol/views.ts'
import { callerZone } from '../client/zone.ts'
import type { Context } from '../context.ts'

const DEFAULT_COUNT = 5

/** Needs no account and no daemon: the words are read here, by the same code. */
export async function run({ flags, io, out, words }: Context): Promise<number> {
  const [{ previewWhen }, { parseInstant }] = await Promise.all([
    import('../../domain/when.ts'),
    import('../../domain/time-words.ts'),
  ])
  const zone = flags.tz ?? callerZone(io)
  const now = flags.fromInstant === undefined ? io.clock.now() : parseInstant(flags.fromInstant, zone)
  const view: WhenView = { v: 1, ...previewWhen(words[0] ?? '', { now, zone, count: flags.instants ?? DEFAULT_COUNT }) }
  const people = (): string => [...view.notes, ...(view.next.length > 1 ? view.next : [])].join('\n')
  await out.said(view, { id: null, text: () => (out.reader === 'terminal' ? people() : view.next.join('\n')) })
  return 0
}
