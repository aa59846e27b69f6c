/** What a conversation window tells the daemon; the way back is the event `chat.focus`. */
import { type Handler, requireAccount, whoOf } from '../core.ts'

export const chatAttach: Handler<'chat.attach'> = (core, _params, session) => {
  requireAccount(core)
  core.chats.attach(session)
  return { v: 1 }
}

/** That somebody is at work here is known from the call itself. */
export const chatActive: Handler<'chat.active'> = (core, { who }, session) => {
  requireAccount(core)
  core.chats.active(session, who === null ? null : whoOf(core, session)(who), core.host.clock.now())
  return { v: 1 }
}
