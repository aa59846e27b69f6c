import { describe, expect, it } from 'vitest'
import { type Chat, type Conversation, type Effect, type Event, newChat } from '../../../../src/cli/chat/model.ts'
import { step } from '../../../../src/cli/chat/on-event.ts'
import { MOST_BYTES } from '../../../../src/cli/chat/on-key.ts'
import type { BackupView } from '../../../../src/protocol/views.ts'
import { ANA, accountView, BO, backupView, friendView, messageView } from '../../../support/views.ts'

const CYN = '1000000008'
const TEXT = 'due\n  text'

function due(over: Partial<BackupView> = {}): BackupView {
  return backupView({
    id: 'due1',
    state: 'due',
    action: 'remind',
    text: TEXT,
    dueAt: '2026-11-22T10:00:00.000Z',
    ...over,
  })
}

function conversation(over: Partial<Conversation> = {}): Event {
  const nothing = { text: null, backupId: null }
  const plain = { title: 'Bo', messages: [], backups: [], draft: nothing, backupId: null }
  return { on: 'opened', conversation: { person: { uin: BO, name: 'Bo' }, ...plain, ...over } }
}

/** A window that all this happened to, and what it wanted done. */
class Run {
  chat: Chat
  readonly effects: Effect[] = []
  constructor(...events: Event[]) {
    this.chat = newChat(ANA, { columns: 80, rows: 24 })
    this.then(...events)
  }
  then(...events: Event[]): this {
    for (const event of events) {
      const [chat, effects] = step(this.chat, event)
      this.chat = chat
      this.effects.push(...effects)
    }
    return this
  }
  keys(...names: string[]): this {
    return this.then(
      ...names.map((name) => ({ on: 'key', key: { name, text: name.length === 1 ? name : '' } }) as const),
    )
  }
  types(text: string): this {
    return this.then({ on: 'paste', text })
  }
  did(kind: Effect['do']): Effect[] {
    return this.effects.filter((effect) => effect.do === kind)
  }
  printed(): string[] {
    return this.effects.flatMap((effect) =>
      effect.do === 'print' && effect.entry.kind !== 'day'
        ? [effect.entry.kind === 'message' ? (effect.entry.message.text ?? '') : effect.entry.text]
        : [],
    )
  }
  get text(): string {
    return this.chat.editor.text
  }
}
const open = (over: Partial<Conversation> = {}) => new Run(conversation(over))
const backups = (...list: BackupView[]): Event => ({ on: 'backups', uin: BO, backups: list })

describe('a message', () => {
  it('is sent with Enter, leaves the edit line empty and is kept until the daemon has it', () => {
    const run = open().types('hello').keys('enter')
    expect(run.did('send')).toEqual([{ do: 'send', message: { key: '1', to: BO, text: 'hello' } }])
    expect(run.text).toBe('')
    expect(run.chat.sending).toHaveLength(1)
    run.then({ on: 'sent', key: '1', message: messageView({ id: 'm1' }) })
    expect(run.chat.sending).toHaveLength(0)
    expect(run.printed()).toEqual(['Bo', 'hello'])
  })

  it('that the daemon tells too is shown once', () => {
    const message = messageView({ id: 'm1' })
    const run = open().types('hello').keys('enter').then({ on: 'message', message }, { on: 'sent', key: '1', message })
    expect(run.printed()).toEqual(['Bo', 'hello'])
  })

  it('that was on its way when the daemon died goes again with the same key', () => {
    const run = open().types('hello').keys('enter').then({ on: 'unlinked', why: 'gone' }, { on: 'linked' })
    expect(run.did('send')).toHaveLength(2)
    expect(run.did('send')[1]).toEqual(run.did('send')[0])
  })

  it('that is refused comes back into the edit line, and why is said', () => {
    const run = open().types('hello').keys('enter').then({ on: 'refused', key: '1', why: 'not friends' })
    expect(run.text).toBe('hello')
    expect(run.printed().at(-1)).toBe('not sent: not friends')
  })

  it('that is refused while something else is written is found with Up', () => {
    const run = open().types('hello').keys('enter').types('other').then({ on: 'refused', key: '1', why: 'no' })
    expect(run.text).toBe('other')
    expect(run.keys('up').text).toBe('hello')
    expect(run.keys('down').text).toBe('other')
  })

  it('of blanks is none', () => {
    expect(open().types('  \n ').keys('enter').did('send')).toEqual([])
  })

  it('that began with two slashes begins with one', () => {
    expect(open().types('//etc').keys('enter').did('send')).toMatchObject([{ message: { text: '/etc' } }])
  })

  it('from a friend is read when somebody looks, and later when nobody did', () => {
    const message = messageView({ id: 'm1', from: BO, to: ANA, state: 'delivered' })
    expect(open().then({ on: 'message', message }).did('read')).toEqual([{ do: 'read', id: 'm1' }])
    const run = open().then({ on: 'looked', isFocused: false }, { on: 'message', message })
    expect(run.did('read')).toEqual([])
    expect(run.then({ on: 'looked', isFocused: true }).did('read')).toEqual([{ do: 'read', id: 'm1' }])
  })

  it('for another conversation is not shown in this one', () => {
    const run = open().then({ on: 'message', message: messageView({ from: CYN, to: ANA }) })
    expect(run.printed()).toEqual(['Bo'])
    expect(run.did('read')).toEqual([])
  })

  it('that failed after it had waited for the relay comes back', () => {
    const queued = messageView({ id: 'm1', state: 'queued' })
    const error = { code: 'NOT_FRIENDS', message: 'You are not friends.', at: queued.at }
    const run = open({ messages: [queued] }).then({ on: 'receipt', message: { ...queued, state: 'failed', error } })
    expect(run.text).toBe('hello')
    expect(run.printed().at(-1)).toBe('not sent: You are not friends.')
  })
})

describe('a due backup', () => {
  it('stands in the edit line when its conversation opens, newlines included, the oldest first', () => {
    const older = due({ id: 'due0', text: 'older', dueAt: '2026-11-22T09:00:00.000Z' })
    expect(open({ backups: [due(), older] }).text).toBe('older')
    expect(open({ backups: [due()] }).text).toBe(TEXT)
  })

  it('that was asked for comes before an older one', () => {
    const older = due({ id: 'due0', text: 'older', dueAt: '2026-11-22T09:00:00.000Z' })
    expect(open({ backups: [older, due()], backupId: 'due1' }).text).toBe(TEXT)
  })

  it('is sent as that backup: as it stands, or as it was edited', () => {
    expect(
      open({ backups: [due()] })
        .keys('enter')
        .did('send-due'),
    ).toEqual([{ do: 'send-due', id: 'due1', text: null }])
    const edited = open({ backups: [due()] }).keys('!', 'enter')
    expect(edited.did('send-due')).toEqual([{ do: 'send-due', id: 'due1', text: `${TEXT}!` }])
    expect(edited.did('send')).toEqual([])
    expect(edited.text).toBe('')
  })

  it('beginning with a slash is no command', () => {
    const run = open({ backups: [due({ text: '/quit' })] }).keys('enter')
    expect(run.did('leave')).toEqual([])
    expect(run.did('send-due')).toHaveLength(1)
  })

  it('leaves text that stands in the edit line, and is offered', () => {
    const run = open({ draft: { text: 'mine', backupId: null }, backups: [due()] })
    expect(run.text).toBe('mine')
    run.keys('ctrl+o', 'e')
    expect(run.text).toBe(TEXT)
    expect(run.keys('enter').text).toBe('mine')
    expect(run.effects.at(-1)).toEqual({ do: 'draft', who: BO, text: 'mine', backupId: null })
  })

  it('that comes due meanwhile never takes the place under somebody’s fingers', () => {
    const run = open().then(backups(due()))
    expect(run.text).toBe('')
    expect(run.keys('h', 'i').text).toBe('hi')
  })

  it('is let go with Esc, stays due, and can be taken again', () => {
    const run = open({ backups: [due()] }).keys('esc')
    expect(run.text).toBe('')
    expect(run.did('dismiss')).toEqual([])
    expect(run.keys('ctrl+o', 'enter').text).toBe(TEXT)
  })

  it('that another device dealt with disappears, and what became of it is asked', () => {
    const run = open({ backups: [due()] }).then(backups())
    expect(run.text).toBe('')
    expect(run.chat.target.kind).toBe('message')
    expect(run.did('explain')).toEqual([{ do: 'explain', id: 'due1' }])
  })

  it('that another device dealt with leaves a text that was changed, as a message', () => {
    const run = open({ backups: [due()] })
      .keys('!')
      .then(backups())
    expect(run.text).toBe(`${TEXT}!`)
    expect(run.keys('enter').did('send')).toHaveLength(1)
    expect(run.did('send-due')).toEqual([])
  })

  it('that could not be sent stands there again as that backup, edits included', () => {
    const run = open({ backups: [due()] }).keys('!', 'enter')
    run.then({ on: 'not-handled', id: 'due1', text: `${TEXT}!`, why: 'not sent: no' })
    expect(run.text).toBe(`${TEXT}!`)
    expect(run.chat.target).toEqual({ kind: 'due', id: 'due1', original: TEXT })
  })

  it('is not offered again while its sending is on its way', () => {
    const run = open({ backups: [due()] })
      .keys('enter')
      .then(backups(due()))
      .keys('ctrl+o')
    expect(run.chat.popup).toBeNull()
    const waiting = open()
      .then(backups(due({ pending: 'send' })))
      .keys('ctrl+o')
    expect(waiting.chat.popup).toBeNull()
  })

  it.each([
    ['s', { do: 'send-due', id: 'due1', text: null }],
    ['d', { do: 'dismiss', id: 'due1' }],
  ])('%s in its popup', (key, effect) => {
    const run = open({ backups: [due()] }).keys('ctrl+o', key)
    expect(run.effects).toContainEqual(effect)
    expect(run.text).toBe('')
  })

  it('is snoozed until the words say', () => {
    const run = open({ backups: [due()] })
      .keys('ctrl+o', 'z', 'ctrl+u')
      .types('tomorrow 9am')
      .keys('enter')
    expect(run.did('snooze')).toEqual([{ do: 'snooze', id: 'due1', words: 'tomorrow 9am' }])
    expect(run.text).toBe('')
  })

  it('opened from a notification fills an empty edit line, and no other', () => {
    const focus: Event = { on: 'focus', uin: BO, backupId: 'due1' }
    expect(open().then(backups(due()), focus).text).toBe(TEXT)
    const busy = open()
      .types('mine')
      .then(backups(due({ id: 'due0', text: 'x' }), due()), focus)
    expect(busy.text).toBe('mine')
    expect(busy.keys('ctrl+o').chat.popup).toMatchObject({ kind: 'due', id: 'due1' })
  })

  it('of another friend, opened from a notification, brings the window there', () => {
    const run = open().then({ on: 'focus', uin: CYN, backupId: 'b' })
    expect(run.did('open')).toEqual([{ do: 'open', who: CYN, backupId: 'b' }])
  })

  it('begun before a crash is that backup again, with what was changed', () => {
    const run = open({ backups: [due()], draft: { text: 'changed', backupId: 'due1' } })
    expect(run.keys('enter').did('send-due')).toEqual([{ do: 'send-due', id: 'due1', text: 'changed' }])
  })

  it('whose text cannot be read here is not put into the edit line', () => {
    const run = open({ backups: [due({ text: null, unreadable: true })] })
    expect(run.text).toBe('')
    expect(run.chat.target.kind).toBe('message')
  })
})

describe('a draft', () => {
  it('follows each change, and is gone with what was sent', () => {
    const run = open().keys('h', 'i')
    expect(run.did('draft').at(-1)).toEqual({ do: 'draft', who: BO, text: 'hi', backupId: null })
    expect(run.keys('enter').did('draft').at(-1)).toEqual({ do: 'draft', who: BO, text: '', backupId: null })
  })

  it('of a due text nobody has changed is none', () => {
    const run = open({ backups: [due()] }).keys('!', 'backspace')
    expect(run.did('draft')).toEqual([
      { do: 'draft', who: BO, text: `${TEXT}!`, backupId: 'due1' },
      { do: 'draft', who: BO, text: '', backupId: null },
    ])
  })
})

describe('a backup', () => {
  it('is kept from the text with Ctrl+B: asks when, previews, keeps', () => {
    const run = open().types('later').keys('ctrl+b').types('at 9am')
    expect(run.did('preview').at(-1)).toEqual({
      do: 'preview',
      to: BO,
      text: 'later',
      words: 'at 9am',
      send: false,
      snooze: null,
    })
    run.keys('tab', 'enter')
    expect(run.did('keep')).toEqual([{ do: 'keep', to: BO, text: 'later', words: 'at 9am', send: true }])
    expect(run.text).toBe('later')
    run.then({ on: 'kept', said: 'will be sent' })
    expect([run.text, run.chat.popup, run.printed().at(-1)]).toEqual(['', null, 'will be sent'])
  })

  it('that is refused says so under the words, and keeps both', () => {
    const run = open().types('later').keys('ctrl+b').types('at noonish').keys('enter')
    run.then({ on: 'not-kept', why: 'no time', text: 'later', words: 'at noonish' })
    expect(run.chat.popup).toMatchObject({ isBusy: false, preview: { text: 'no time', isBad: true } })
    expect(run.text).toBe('later')
  })

  it('a preview of words that have changed since is not shown', () => {
    const run = open().types('later').keys('ctrl+b').types('at 9am')
    run.then({ on: 'previewed', words: 'at', preview: { text: 'old', isBad: true } })
    expect(run.chat.popup).toMatchObject({ preview: null })
  })

  it('is made of what is written after /backup WHEN', () => {
    const run = open().types('/backup send at 9am').keys('enter').types('good morning').keys('enter')
    expect(run.did('keep')).toEqual([{ do: 'keep', to: BO, text: 'good morning', words: 'at 9am', send: true }])
    expect(run.text).toBe('')
  })

  it('is made of the lines under /backup WHEN', () => {
    const run = open().types('/backup online\ngood\nmorning').keys('enter')
    expect(run.did('keep')).toEqual([{ do: 'keep', to: BO, text: 'good\nmorning', words: 'online', send: false }])
  })
})

describe('what begins with a slash', () => {
  it('and is no command is told, and the text stays', () => {
    const run = open().types('/nope x').keys('enter')
    expect(run.text).toBe('/nope x')
    expect(run.chat.note?.text).toContain('/nope')
    expect(run.did('send')).toEqual([])
  })

  it.each<[string, Effect]>([
    ['/away lunch', { do: 'status', status: 'away', text: 'lunch' }],
    ['/backups', { do: 'list', who: { uin: BO, name: 'Bo' } }],
    ['/history 20', { do: 'history', who: { uin: BO, name: 'Bo' }, limit: 20 }],
    ['/open cyn', { do: 'open', who: 'cyn', backupId: null }],
    ['/undo', { do: 'undo', id: null }],
    ['/cancel ab12', { do: 'cancel', id: 'ab12' }],
    ['/resume ab12', { do: 'resume', id: 'ab12' }],
    ['/quit', { do: 'leave' }],
  ])('%s', (text, effect) => {
    const run = open().types(text).keys('enter')
    expect(run.effects).toContainEqual(effect)
    expect(run.text).toBe('')
    expect(run.did('draft').at(-1)).toMatchObject({ text: '' })
  })

  it.each(['/history x', '/history 0', '/open', '/cancel', '/resume', '/snooze', '/backup', '/dismiss'])(
    '%s says what is missing',
    (text) => {
      const run = open().types(text).keys('enter')
      expect(run.chat.note?.isBad).toBe(true)
      expect(run.text).toBe(text)
    },
  )
})

describe('Tab', () => {
  const people: Event = {
    on: 'people',
    people: {
      v: 1,
      me: accountView(),
      people: ['Ana Maria', 'anton', '小林'].map((nick) => {
        return { friend: friendView({ nick }), unread: 0, backups: 0, due: 0, draft: false }
      }),
      waiting: 0,
      stale: false,
    },
  }
  const tab = (text: string) =>
    open({ backups: [due({ id: 'abcdefgh' })] })
      .then(people)
      .keys('esc')
      .types(text)
      .keys('tab')

  it.each([
    ['/his', '/history '],
    ['/qu', '/quit'],
    ['/open 小', '/open 小林'],
    ['/open ana', '/open Ana Maria'],
    ['/open ana m', '/open Ana Maria'],
    ['/cancel a', '/cancel abcdef'],
    ['/back', '/backup'],
  ])('makes %j %j', (text, whole) => {
    expect(tab(text).text).toBe(whole)
  })

  it('names what fits where that is more than one, and keeps what is typed', () => {
    const run = tab('/back')
    expect(run.chat.note).toEqual({ text: 'backup  backups', isBad: false })
    expect(run.did('draft').at(-1)).toMatchObject({ text: '/backup' })
    expect(tab('/open an').chat.note?.text).toBe('Ana Maria  anton')
    expect(tab('/open an').text).toBe('/open an')
  })

  it.each(['hello', '', '//his', '/nope', '/away lun', '/open zz', '/his\nline', '/history 2'])(
    'leaves %j as it is',
    (text) => {
      const run = tab(text)
      expect([run.text, run.chat.note]).toEqual([text, null])
    },
  )

  it('is not needed: /open takes the beginning of one name', () => {
    const who = (text: string) => open().then(people).types(text).keys('enter').did('open')[0]
    expect(who('/open ANT')).toMatchObject({ who: BO })
    expect(who('/open an')).toMatchObject({ who: 'an' })
  })

  it('changes nothing in the midst of a line, nor in a due text', () => {
    expect(open().types('/his').keys('left', 'tab').text).toBe('/his')
    expect(open({ backups: [due({ text: '/his' })] }).keys('tab').text).toBe('/his')
  })
})

describe('the main panel', () => {
  const person = (uin: string, nick: string, over = {}) => ({
    friend: friendView({ uin, nick, presence: 'offline' }),
    unread: 0,
    backups: 0,
    due: 0,
    draft: false,
    ...over,
  })
  const people: Event = {
    on: 'people',
    people: {
      v: 1,
      me: accountView(),
      people: [person(BO, 'Bo'), person(CYN, '小林', { unread: 2 }), person('1000000016', 'Dan', { due: 1 })],
      waiting: 0,
      stale: false,
    },
  }

  it('has who wants something first, and Enter opens', () => {
    expect(open().then(people).keys('ctrl+p', 'enter').did('open')).toMatchObject([{ who: '1000000016' }])
    expect(open().then(people).keys('ctrl+p', 'down', 'down', 'enter').did('open')).toMatchObject([{ who: BO }])
    expect(open().then(people).keys('ctrl+p', 'up', 'enter').did('open')).toMatchObject([{ who: BO }])
  })

  it('is filtered by what is typed', () => {
    expect(open().then(people).keys('ctrl+p', '小', 'enter').did('open')).toMatchObject([{ who: CYN }])
    const run = open().then(people).keys('ctrl+p', 'x', 'enter')
    expect(run.did('open')).toEqual([])
    expect(run.chat.note?.text).toBe('nobody of that name')
  })

  it('goes back with Esc, unless nothing lies behind it', () => {
    expect(open().then(people).keys('ctrl+p', 'esc').chat.popup).toBeNull()
    expect(new Run(people).keys('ctrl+p', 'esc').chat.popup).not.toBeNull()
  })
})

describe('bad input', () => {
  it('a paste beyond what can be sent is refused whole, and the text stays', () => {
    const run = open().types('mine').types('x'.repeat(MOST_BYTES))
    expect(run.text).toBe('mine')
    expect(run.chat.note?.text).toContain('too long')
  })

  it('a paste keeps its newlines, those of other systems too, and no NUL', () => {
    expect(open().types('a\r\nb\rc\0d').text).toBe('a\nb\ncd')
  })

  it('keys pressed before the conversation is open are not lost, and send nothing', () => {
    const run = new Run().keys('a', 'enter', 'ctrl+b', 'ctrl+o', 'ctrl+g', 'up', 'esc')
    expect(run.effects.every((effect) => effect.do === 'active')).toBe(true)
    run.then(conversation({ draft: { text: 'draft ', backupId: null }, backups: [due()] }))
    expect(run.text).toBe('draft a')
    expect(run.keys('enter').did('send')).toMatchObject([{ message: { text: 'draft a' } }])
  })

  it('an answer about another conversation changes nothing in this one', () => {
    const run = open()
      .types('mine')
      .then({ on: 'backups', uin: CYN, backups: [due({ to: CYN })] })
    expect(run.keys('ctrl+o').chat.popup).toBeNull()
    run.then({ on: 'refused', key: '99', why: 'no' })
    expect(run.text).toBe('mine')
  })
})
