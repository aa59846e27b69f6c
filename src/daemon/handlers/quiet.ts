import type { QuietHours } from '../../domain/backup.ts'
import { type Handler, requireAccepted, requireKnown, viewContext, whoOf, zoneOf } from '../core.ts'
import { submitSetting } from '../link/submit.ts'
import { friendSettings } from '../mirror/overlay.ts'
import { accountView } from '../views/views.ts'
import { friendNow } from './friend-call.ts'

async function hoursOf(span: string | null, zone: string): Promise<QuietHours | null> {
  if (span === null) return null
  const [{ parseSpan }, { parseZone }] = await Promise.all([
    import('../../domain/span.ts'),
    import('../../domain/zone.ts'),
  ])
  return { ...parseSpan(span), zone: parseZone(zone) }
}

/** My own: nothing is sent or shown by itself in them. */
export const quietSet: Handler<'quiet.set'> = async (core, { span, tz }, session) => {
  requireAccepted(core)
  const quiet = await hoursOf(span, tz ?? zoneOf(session))
  const kept = await submitSetting(core, { method: 'setting.put', params: { quiet } })
  return { ...accountView(viewContext(core, session)), ...kept }
}

/** A friend's, by the friend's clock when its zone is given. */
export const friendQuiet: Handler<'friend.quiet'> = async (core, { who, span, tz }, session) => {
  requireAccepted(core)
  const friend = requireKnown(core, whoOf(core, session)(who))
  const quiet = await hoursOf(span, tz ?? friendSettings(core.ledger.state, friend).quiet?.zone ?? zoneOf(session))
  const kept = await submitSetting(core, { method: 'friend.set', params: { uin: friend.uin, quiet } })
  return { ...friendNow(core, session, friend.uin, friend), ...kept }
}
