import { ImError } from '../../protocol/errors.ts'
import { type Handler, requireAccount, viewContext } from '../core.ts'
import { submit } from '../link/submit.ts'
import { shownRead } from '../mirror/overlay.ts'
import { messageById } from '../views/messages.ts'
import { messageView } from '../views/views.ts'

/** Marks only grow: one that is read already changes nothing. */
export const messageRead: Handler<'message.read'> = async (core, { id }, session) => {
  requireAccount(core)
  const row = await messageById(core, id)
  if (row === null) throw new ImError('NO_SUCH_MESSAGE')
  const { friend, n } = row.message
  if (n > shownRead(core.ledger.state, friend)) {
    const marks = [{ friend, delivered: n, read: n }]
    await submit(core, (_tx, queue) => queue({ method: 'mark.put', params: { marks } }))
  }
  return messageView(row, viewContext(core, session))
}
