import type { Uin } from '../../domain/uin.ts'
import type { OpenedView } from '../../protocol/views.ts'
import type { Core } from '../core.ts'

/**
 * Shows a conversation to whoever is at this device: in a window that runs, else in a terminal started for it. With a
 * backup its text stands in the edit line.
 */
export async function openConversation(core: Core, uin: Uin, backupId: string | null): Promise<OpenedView> {
  const { chats, options, places } = core
  const args = ['chat', uin, ...(backupId === null ? [] : ['--backup', backupId])]
  const command = ['im', ...args].join(' ')
  if (chats.focus({ uin, backupId })) return { v: 1, opened: 'chat', command }
  const started = await options.openTerminal(args, places.reachable)
  return { v: 1, opened: started ? 'terminal' : null, command }
}
