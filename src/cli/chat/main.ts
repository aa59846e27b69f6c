/** `im chat`: a window on the terminal, or line by line. */
import { type ChatOptions, converse } from './conversation.ts'
import { openPlain } from './plain.ts'
import { draftOf } from './steps.ts'
import { openWindow } from './window.ts'

export async function runWindow(options: ChatOptions): Promise<number> {
  const { context } = options
  const chat = await converse(options, (hands) => openWindow(context, hands))
  for (const { text } of chat.sending) context.out.talk(`not sent, since the daemon was not there:\n${text}`)
  const [draft] = draftOf(chat)
  if (draft?.do === 'draft' && draft.text !== '') {
    context.out.talk(`what you wrote to ${chat.who?.name ?? ''} is kept; it is there when you come back`)
  }
  return 0
}

export async function runPlain(options: ChatOptions): Promise<number> {
  await converse(options, (hands) => openPlain(options.context, hands))
  return 0
}
