import { type Handler, requireKnown, viewContext, whoOf } from '../core.ts'
import { friendView } from '../views/views.ts'

export const presenceOf: Handler<'presence.of'> = (core, { who }, session) => {
  const resolve = whoOf(core, session)
  return who.map((typed) => friendView(requireKnown(core, resolve(typed)), viewContext(core, session)))
}
