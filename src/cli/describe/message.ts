import type { MessageView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Column } from '../output/table.ts'
import { type Names, namesOf } from './names.ts'
import { instantCell } from './time.ts'

function messageSentence(message: MessageView, names: Names): string {
  const to = names(message.to)
  switch (message.state) {
    case 'queued':
      return `kept here for ${to}; goes to the relay when it answers`
    case 'sent':
      return `sent to ${to}; they get it when a device of theirs is there`
    case 'delivered':
      return `delivered to ${to}`
    case 'read':
      return `read by ${to}`
    case 'failed':
      return `not sent to ${to}: ${message.error?.message ?? 'refused'}`
    default:
      return message.state satisfies never
  }
}

export function shownMessage(context: Context, view: MessageView): { id: string; text: () => Promise<string> } {
  return { id: view.id, text: async () => messageSentence(view, await namesOf(context)) }
}

/** What stands for the text of a message. */
export function messageText(message: MessageView): string {
  if (!message.unreadable) return message.text ?? ''
  return `(cannot be read here: ${message.error?.message ?? 'unknown'})`
}

export async function messageColumns(context: Context): Promise<readonly Column<MessageView>[]> {
  const names = await namesOf(context)
  return [
    { head: 'AT', cell: (row) => instantCell(context, row.at) },
    { head: 'FROM', cell: (row) => names(row.from), paint: (row) => (row.read ? null : 'green') },
    { head: 'STATE', cell: (row) => row.state, paint: (row) => (row.state === 'failed' ? 'red' : 'dim') },
    { head: 'TEXT', cell: messageText },
  ]
}
