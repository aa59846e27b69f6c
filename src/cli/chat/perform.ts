/** What the window wants of the daemon, one by one. */

import { shortId, triggerWords } from '../describe/backup.ts'
import { distance, instantWords } from '../describe/time.ts'
import type { DaemonEffect } from './model.ts'
import { namesIn } from './names.ts'
import { isGone, type Session, why } from './session.ts'
import { DEFAULT_SNOOZE, DEFAULT_WHEN, whenOf } from './when-words.ts'

type Performers = {
  readonly [D in DaemonEffect['do']]: (session: Session, effect: Extract<DaemonEffect, { do: D }>) => Promise<void>
}

export const PERFORM: Performers = {
  send: (session, { message: { key, to, text } }) =>
    session.inOrder(async () => {
      try {
        const params = { to, text, key: `${session.options.prefix}-${key}`, draft: true }
        session.tell({ on: 'sent', key, message: await session.call('message.send', params) })
      } catch (error) {
        // Whether it was sent is not known: the same key goes again when the daemon is back.
        if (!isGone(error)) session.tell({ on: 'refused', key, why: await why(error) })
      }
    }),
  'send-due': (session, { id, text }) =>
    session.inOrder(async () => {
      try {
        const given = text === null ? {} : { text, draft: true }
        const backup = await session.call('backup.send', { id, ...given })
        session.tell({
          on: 'handled',
          said: backup.pending === 'send' ? 'kept here; goes when the relay answers' : null,
        })
      } catch (error) {
        session.tell({ on: 'not-handled', id, text, why: `not sent: ${await why(error)}` })
      }
    }),
  snooze: async (session, { id, words }) => {
    try {
      const until = words.trim() === '' ? DEFAULT_SNOOZE : words
      session.tell({ on: 'handled', said: session.sentence(await session.call('backup.snooze', { id, until })) })
    } catch (error) {
      session.tell({ on: 'not-handled', id, text: null, why: `not snoozed: ${await why(error)}` })
    }
  },
  dismiss: async (session, { id }) => {
    try {
      await session.call('backup.dismiss', { id })
      session.tell({ on: 'handled', said: 'dismissed; /undo brings it back' })
    } catch (error) {
      session.tell({ on: 'not-handled', id, text: null, why: `not dismissed: ${await why(error)}` })
    }
  },
  keep: async (session, { to, text, words, send }) => {
    try {
      const action = send ? ('send' as const) : ('remind' as const)
      const add = { to, text, when: whenOf(words), action, draft: true, dryRun: false }
      const backup = await session.add(add)
      session.tell({ on: 'kept', said: `${session.sentence(backup)}; /cancel ${shortId(backup.id)} ends it` })
    } catch (error) {
      session.tell({ on: 'not-kept', why: await why(error), text, words })
    }
  },
  preview: async (session, { to, text, words, send, snooze }) => {
    session.tell({ on: 'previewed', words, preview: await preview(session, { to, text, words, send, snooze }) })
  },
  open: (session, { who, backupId }) => session.open(who, backupId),
  read: async (session, { id }) => void (await session.call('message.read', { id }).catch(() => {})),
  draft: async (session, { who, text, backupId }) => session.drafts.note({ who, text, backupId }),
  active: async (session, { who }) => void (await session.call('chat.active', { who }).catch(() => {})),
  list: async (session, { who }) => {
    const backups = await session.call('backup.list', { to: who.uin, due: false, all: false })
    if (backups.length === 0) session.tell({ on: 'says', text: `nothing is kept for ${who.name}`, isBad: false })
    const names = namesIn(session.options.chat())
    for (const backup of backups) {
      const when = triggerWords(backup, names, session.options.context.io.clock.now()) ?? 'when you say so'
      const text = `${shortId(backup.id)}  ${backup.state}  ${backup.action} ${when}: ${backup.text ?? ''}`
      session.tell({ on: 'says', text, isBad: false })
    }
  },
  history: async (session, { who, limit }) => {
    session.tell({ on: 'again', messages: await session.call('message.history', { who: who.uin, limit }) })
  },
  status: async (session, { status, text }) => {
    await session.call('status.set', { status, ...(text !== null && { text }) })
    session.tell({ on: 'says', text: `you are shown as ${status === 'invisible' ? 'offline' : status}`, isBad: false })
  },
  cancel: async (session, { id }) => {
    const [backup] = await session.call('backup.cancel', { ids: [id] })
    if (backup === undefined) return
    const unsure = backup.pending === 'cancel' ? 'asked to cancel; until the relay answers it may still be sent' : null
    session.tell({ on: 'says', text: unsure ?? `cancelled; /undo ${shortId(backup.id)} brings it back`, isBad: false })
  },
  resume: async (session, { id }) => {
    session.tell({ on: 'says', text: session.sentence(await session.call('backup.resume', { id })), isBad: false })
  },
  undo: async (session, { id }) => {
    const backup = await session.call('backup.undo', id === null ? {} : { id })
    session.tell({ on: 'says', text: session.sentence(backup), isBad: false })
  },
  explain: async (session, { id }) => {
    const backup = await session.call('backup.show', { id })
    session.tell({ on: 'says', text: `the backup that was due: ${session.sentence(backup)}`, isBad: false })
  },
}

type Wanted = Omit<Extract<DaemonEffect, { do: 'preview' }>, 'do'>

/** What the words would mean, or what is wrong with them. */
async function preview(session: Session, { to, text, words, send, snooze }: Wanted) {
  try {
    if (snooze === null) {
      const action = send ? ('send' as const) : ('remind' as const)
      const backup = await session.call('backup.add', {
        to,
        text,
        when: whenOf(words || DEFAULT_WHEN),
        action,
        dryRun: true,
      })
      return { text: session.sentence(backup), isBad: false }
    }
    const now = session.options.context.io.clock.now()
    const { next } = await session.call('when', { expression: words || DEFAULT_SNOOZE, count: 1 })
    const at = Date.parse(next[0] ?? '')
    return { text: `due again ${instantWords(at, now)}, ${distance(at, now)}`, isBad: false }
  } catch (error) {
    return { text: await why(error), isBad: true }
  }
}
