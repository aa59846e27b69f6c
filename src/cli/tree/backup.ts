import type { FlagName } from '../flags.ts'
import type { VerbSpec } from '../verb.ts'

/** When a backup comes due. */
export const WHEN_FLAGS = [
  'at',
  'in',
  'whenOnline',
  'nextSignon',
  'whenMessageFrom',
  'matching',
  'any',
  'tz',
] as const satisfies readonly FlagName[]

export const ADD_FLAGS = [...WHEN_FLAGS, 'note', 'key', 'dryRun'] as const satisfies readonly FlagName[]

export const backupVerbs: readonly VerbSpec[] = [
  {
    name: 'backup add',
    words: 'WHO [TEXT]',
    summary: 'write now what is sent, or reminded of, when its moment comes',
    example: 'im backup add bo "happy birthday" --at "24 dec 18:00" --send',
    flags: ['text', 'file', 'editor', 'remind', 'send', ...ADD_FLAGS],
    load: () => import('../commands/backup-add.ts'),
  },
  {
    name: 'backup list',
    words: '',
    summary: 'those that wait: armed, held and due',
    example: 'im backup list --to bo',
    flags: ['to', 'state', 'due', 'all'],
    load: () => import('../commands/backup-list.ts'),
  },
  {
    name: 'backup show',
    words: 'ID',
    summary: 'one in full, and why it has or has not fired',
    example: 'im backup show 3fk2',
    load: () => import('../commands/backup-show.ts'),
  },
  {
    name: 'backup edit',
    words: 'ID',
    summary: 'change text, when, action or note; without a flag in $EDITOR',
    example: 'im backup edit 3fk2 --at "tomorrow 9am"',
    flags: ['text', 'file', 'editor', 'remind', 'send', ...WHEN_FLAGS, 'note', 'clear', 'ifRev'],
    load: () => import('../commands/backup-edit.ts'),
  },
  {
    name: 'backup send',
    words: 'ID',
    summary: 'send it now, as it is or with another text',
    example: 'im backup send 3fk2',
    flags: ['text', 'file', 'editor', 'waitDone'],
    load: () => import('../commands/backup-send.ts'),
  },
  {
    name: 'backup cancel',
    words: 'ID...',
    summary: 'it will not be sent; exit 8 until the relay has confirmed',
    example: 'im backup cancel 3fk2',
    load: () => import('../commands/backup-cancel.ts'),
  },
  {
    name: 'backup undo',
    words: '[ID]',
    summary: 'take back a cancel or dismiss, the newest one without ID',
    example: 'im backup undo',
    load: () => import('../commands/backup-undo.ts'),
  },
  {
    name: 'backup dismiss',
    words: 'ID',
    summary: 'end a due one without sending it',
    example: 'im backup dismiss 3fk2',
    load: () => import('../commands/backup-dismiss.ts'),
  },
  {
    name: 'when',
    words: 'EXPR',
    summary: 'what a time means here; needs no account',
    example: 'im when "fri 9:30" --tz Asia/Tokyo',
    flags: ['tz', 'fromInstant', 'instants'],
    load: () => import('../commands/when.ts'),
  },
]
