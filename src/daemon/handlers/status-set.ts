import type { RelayParams } from '../../protocol/relay-api.ts'
import { type Handler, requireAccepted, viewContext } from '../core.ts'
import { submitSetting } from '../link/submit.ts'
import { accountView } from '../views/views.ts'

/** `online` is what a person at a terminal makes of it: the relay's `auto`. Nothing given: shows it. */
export const statusSet: Handler<'status.set'> = async (core, { status, text }, session) => {
  requireAccepted(core)
  core.link.active()
  if (status !== undefined || text !== undefined) {
    const params: RelayParams<'setting.put'> = {}
    if (status !== undefined) params.status = status === 'online' ? 'auto' : status
    if (text !== undefined) params.statusText = text === '' ? null : text
    const kept = await submitSetting(core, { method: 'setting.put', params })
    return { ...accountView(viewContext(core, session)), ...kept }
  }
  return accountView(viewContext(core, session))
}
