/** What a conversation window tells the daemon; the way back is the event `chat.focus`. */
import { type Handler, requireAccount, whoOf } from '../core.ts'

export const chatAttach: Handler<'chat.attach'> = (core, _params, session) => {
  requireAccount(core)
  core.chats.attach(session)
  return { v: 1 }
}

/** A window's other calls come by themselves; this one is made when a person has pressed a key. */
export const chatActive: Handler<'chat.active'> = (core, { who }, session) => {
  requireAccount(core)
  if (core.options.settings.active) core.link.active()
  core.chats.active(session, who === null ? null : whoOf(core, session)(who), core.host.clock.now())
  return { v: 1 }
}
