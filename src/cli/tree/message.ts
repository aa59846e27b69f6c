import { ADD_FLAGS } from './backup.ts'
import type { VerbSpec } from './verb.ts'

export const messageVerbs: readonly VerbSpec[] = [
  {
    name: 'send',
    words: 'WHO [TEXT]',
    summary: 'send a message; with a when flag it is `backup add --send`',
    example: 'im send bo "lunch?"',
    flags: ['text', 'file', 'editor', 'waitDone', ...ADD_FLAGS],
    load: () => import('../commands/send.ts'),
  },
  {
    name: 'remind',
    words: '[TEXT]',
    summary: 'remind me: `backup add me`',
    example: 'im remind "water the plants" --at "fri 9:30"',
    flags: ['text', 'file', 'editor', 'at', 'in', 'every', 'until', 'count', 'tz', 'note', 'key', 'dryRun'],
    load: () => import('../commands/remind.ts'),
  },
  {
    name: 'inbox',
    words: '',
    summary: 'what friends wrote',
    example: 'im inbox --unread --mark-read',
    flags: ['unread', 'markRead'],
    load: () => import('../commands/inbox.ts'),
  },
  {
    name: 'history',
    words: 'WHO',
    summary: 'the conversation with a friend, oldest first',
    example: 'im history bo --since 3d',
    flags: ['since', 'limit', 'grep'],
    load: () => import('../commands/history.ts'),
  },
  {
    name: 'chat',
    words: '[WHO]',
    summary: 'the conversation window; without WHO, your friends',
    example: 'im chat bo',
    flags: ['backup', 'plain'],
    endless: true,
    load: () => import('../commands/chat.ts'),
  },
  {
    name: 'watch',
    words: '',
    summary: 'what happens, as it happens; with -- CMD, CMD runs for each event',
    example: 'im watch --type message -- ./on-message.sh',
    flags: ['types', 'fromWho', 'after', 'events'],
    command: true,
    endless: true,
    load: () => import('../commands/watch.ts'),
  },
  {
    name: 'wait',
    words: 'WHO|ID',
    summary: 'until a friend is online, writes or has read; or until a message or backup is sent',
    example: 'im wait bo --online && im send bo "hi"',
    flags: ['online', 'message', 'read', 'after'],
    load: () => import('../commands/wait.ts'),
  },
]
