/** What the buttons of a popup do: the same as the verbs, and a line that says how it went. */
import { type Core, knownOf, ownSession } from '../core.ts'
import { toImError } from '../errors.ts'
import { backupDismiss } from '../handlers/backup-dismiss.ts'
import { backupSend } from '../handlers/backup-send.ts'
import { backupSnooze } from '../handlers/backup-step.ts'
import type { About, Button, Popup } from './notable.ts'
import { isOver } from './notables.ts'
import { openConversation } from './open-conversation.ts'

type Line = Pick<Popup, 'title' | 'body'>

/** Null: what there is to see is seen. */
type Press = (core: Core, about: About) => Promise<Line | null>

const idOf = (about: About): string => (about.kind === 'backup' ? about.id : '')

const PRESSES: { readonly [B in Button]: Press } = {
  async open(core, about) {
    const { opened, command } = await openConversation(core, about.uin, about.kind === 'backup' ? about.id : null)
    return opened === null ? { title: 'No terminal could be opened', body: command } : null
  },
  async send(core, about) {
    const { state, error } = await backupSend(core, { id: idOf(about) }, ownSession())
    if (error !== null) return { title: 'Not sent', body: error.message }
    return { title: state === 'sent' ? 'Sent' : 'On its way', body: '' }
  },
  async snooze(core, about) {
    const { snooze } = core.options.settings
    await backupSnooze(core, { id: idOf(about), until: snooze }, ownSession())
    return { title: 'Snoozed', body: `It comes again in ${snooze}.` }
  },
  async dismiss(core, about) {
    await backupDismiss(core, { id: idOf(about) }, ownSession())
    return null
  },
}

export async function press(core: Core, button: Button, { about, nick }: Popup): Promise<void> {
  if (about === null) return
  const { host, link, options, popups } = core
  if (options.settings.active) link.active()
  const tell = (line: Line): void => popups.tell({ ...line, nick, about: null })
  // It may have been sent, snoozed or edited elsewhere while it stood on the screen.
  if (button !== 'open' && isOver(about, knownOf(core)))
    return tell({ title: 'Nothing done', body: 'It is not due any more.' })
  try {
    const line = await PRESSES[button](core, about)
    if (line !== null) tell(line)
  } catch (error) {
    const { code, message, hint } = toImError(error)
    host.log.warn('button failed', { button, code })
    tell({ title: button === 'send' ? 'Not sent' : 'Nothing done', body: [message, hint].filter(Boolean).join('\n') })
  }
}
