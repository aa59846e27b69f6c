import { describe, expect, it } from 'vitest'
import { overlayBackup } from '../../../../src/daemon/mirror/overlay.ts'
import type { OutboxItem, QueuedCall } from '../../../../src/daemon/mirror/rows.ts'
import { nothingSeen } from '../../../../src/daemon/mirror/sightings.ts'
import { dummyContent, dummyText } from '../../../support/dummy-seal.ts'
import { backup, plan } from '../samples.ts'

const record = backup('one')
const row = { record, seen: nothingSeen(record, true), logged: null, args: null, local: false }
const refusal = { error: { code: 'LIMIT' as const, message: 'full', hint: null, retryAfterMs: null }, at: 9 }

function item(call: QueuedCall, failed: OutboxItem['failed'] = null): OutboxItem {
  return { n: 1, at: 5, call, left: false, key: null, args: null, failed }
}

const { id, plan: itsPlan, content, private: sealed } = record
const put: QueuedCall = {
  method: 'backup.put',
  params: { backups: [{ id, plan: itsPlan, content, private: sealed, conflictOf: null }] },
}
const edit: QueuedCall = {
  method: 'backup.edit',
  params: { id, rev: 1, change: 'c', content: dummyContent('new', id, null), rearm: false, keep: true },
}
const rearm: QueuedCall = {
  method: 'backup.edit',
  params: { id, rev: 1, change: 'c', plan: plan(), rearm: true, keep: true },
}
const step = (name: 'cancel' | 'dismiss' | 'undo'): QueuedCall => ({
  method: 'backup.step',
  params: { id, change: 'c', step: name },
})
const send: QueuedCall = { method: 'backup.send', params: { id, change: 'c' } }
const due = { ...row, record: backup('one', { state: 'due', dueAt: 4 }) }

describe('the outbox laid over the mirror', () => {
  it.each([
    ['nothing queued', row, [], { state: 'armed', stored: 'relay', pending: null, text: 'text of one', rev: 1 }],
    ['added here', undefined, [item(put)], { state: 'armed', stored: 'here', pending: 'add', rev: 1 }],
    ['added, then edited', undefined, [item(put), item(edit)], { stored: 'here', pending: 'add', text: 'new' }],
    [
      'add refused',
      undefined,
      [item(put, refusal)],
      { state: 'failed', stored: 'here', pending: null, refused: 'LIMIT' },
    ],
    ['edited', row, [item(edit)], { stored: 'here', pending: 'edit', text: 'new', rev: 2 }],
    ['edited twice', row, [item(edit), item(edit)], { pending: 'edit', rev: 3 }],
    ['edit refused', row, [item(edit, refusal)], { state: 'armed', text: 'text of one', refused: 'LIMIT' }],
    ['due, given a new when', due, [item(rearm)], { state: 'armed', pending: 'edit' }],
    ['cancel asked for', row, [item(step('cancel'))], { state: 'armed', stored: 'here', pending: 'cancel' }],
    ['dismissed', due, [item(step('dismiss'))], { state: 'dismissed', pending: 'dismiss' }],
    ['send asked for', row, [item(send)], { state: 'armed', pending: 'send' }],
    ['a later change clears the refusal', row, [item(edit, refusal), item(send)], { pending: 'send', refused: null }],
  ])('%s', (_what, mirrored, items, expected) => {
    const shown = overlayBackup(mirrored, items, undefined, 'desk')
    const got = {
      state: shown?.record.state,
      stored: shown?.stored,
      pending: shown?.pending,
      rev: shown?.record.rev,
      text: shown === null ? null : dummyText(shown.record.content),
      refused: shown?.refused?.error.code ?? null,
    }
    expect(got).toMatchObject(expected)
  })

  it('what came due here while the relay was away is due, until it is another occurrence', () => {
    const local = { id, occurrence: 1, at: 77 }
    expect(overlayBackup(row, [], local, 'desk')?.record).toMatchObject({ state: 'due', dueAt: 77 })
    const next = { ...row, record: backup('one', { occurrence: 2 }) }
    expect(overlayBackup(next, [], local, 'desk')?.record.state).toBe('armed')
  })

  it('there is none without a row or an add', () => {
    expect(overlayBackup(undefined, [], undefined, 'desk')).toBeNull()
  })
})
