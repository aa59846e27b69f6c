/** Everything that is shown when a conversation opens. */
import { uinDigits } from '../../domain/uin.ts'
import { presenceWords } from '../describe/friend.ts'
import { friendName } from '../describe/names.ts'
import type { Conversation, Person } from './model.ts'
import type { Session } from './session.ts'

/** Messages shown to begin with; `/history` shows more. */
const SHOWN = 50

export async function openConversation(session: Session, who: string, backupId: string | null): Promise<Conversation> {
  const { person, title } = await personOf(session, who)
  const backups = await session.call('backup.list', { to: person.uin, due: false, all: false })
  const draft = await session.call('draft.get', { who: person.uin })
  const messages = await session.call('message.history', { who: person.uin, limit: SHOWN })
  return { person, title, messages, backups, draft, backupId }
}

async function personOf(session: Session, who: string): Promise<{ person: Person; title: string }> {
  const { chat, context } = session.options
  const { me } = chat()
  if (who.toLowerCase() === 'me' || uinDigits(who) === me) {
    return { person: { uin: me, name: 'me' }, title: 'notes to myself: my other terminals get them' }
  }
  const friend = await session.call('friend.show', { who })
  const changed = friend.keyChanged ? '. Their key has CHANGED: nothing is sent until im friend verify' : ''
  const title = `${presenceWords(friend, context.io.clock.now())}${changed}`
  return { person: { uin: friend.uin, name: friendName(friend) }, title }
}
