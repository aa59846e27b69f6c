/** The words of popups, by how much the owner wants them to tell. */
import { counted } from '../../domain/counted.ts'
import { aboutOf, type Notable, type Popup } from './notable.ts'

/** `none`: that there is something; `sender`: from whom, too; `full`: the text, too. */
export type Preview = 'none' | 'sender' | 'full'

type Messages = Extract<Notable, { kind: 'message' }>

type Words = Pick<Popup, 'title' | 'body'> & Partial<Pick<Popup, 'buttons' | 'hint' | 'urgency'>>

const SHORT_ID = 6

export function popupFor(notable: Notable, preview: Preview): Popup {
  const words = wordsOf(notable, preview)
  const about = aboutOf(notable)
  const name = 'name' in notable ? notable.name : notable.to
  return {
    kind: notable.kind,
    urgency: 'normal',
    buttons: [],
    hint: '',
    ...words,
    tag: about?.kind === 'backup' ? `backup:${about.id}` : `${notable.kind}:${about?.uin ?? ''}`,
    about,
    nick: preview === 'none' ? null : name,
    of: [notable],
  }
}

/** All new messages of one friend in one popup. */
export function popupForMessages(messages: readonly Messages[], preview: Preview): Popup | null {
  const last = messages.at(-1)
  if (last === undefined) return null
  const popup = popupFor(last, preview)
  if (messages.length === 1) return popup
  const many = last.mine ? `${messages.length} notes to myself` : `${messages.length} new messages`
  const title = last.mine || preview === 'none' ? many : `${many} from ${last.name}`
  return { ...popup, title, body: preview === 'full' ? popup.body : '', of: messages }
}

function wordsOf(notable: Notable, preview: Preview): Words {
  const told = preview !== 'none'
  switch (notable.kind) {
    case 'presence': {
      const { change, name } = notable
      const body = preview === 'full' ? (change.after.statusText ?? '') : ''
      return { title: told ? `${name} is online` : 'A friend is online', body, buttons: ['open'] }
    }
    case 'message': {
      const body = preview === 'full' ? (notable.text ?? 'A message this device cannot read.') : ''
      const title = told ? notable.name : 'A new message'
      return {
        title,
        body: preview === 'sender' ? 'A new message.' : body,
        buttons: ['open'],
      }
    }
    case 'countdown': {
      const text = preview === 'full' ? (notable.text ?? '') : ''
      return {
        title: told ? `Going to ${notable.to} in ${notable.seconds} s` : `A message goes out in ${notable.seconds} s`,
        body: `${text}\nim backup cancel ${notable.id.slice(0, SHORT_ID)} stops it`.trim(),
        urgency: 'critical',
      }
    }
    case 'due': {
      const id = notable.id.slice(0, SHORT_ID)
      return {
        title: !told ? 'A reminder is due' : notable.mine ? 'Reminder' : `Reminder: ${notable.to}`,
        body: preview === 'full' ? (notable.text ?? 'A reminder this device cannot read.') : '',
        urgency: 'critical',
        // What is for nobody else is done with, not sent.
        buttons: ['open', notable.mine ? 'dismiss' : 'send', 'snooze'],
        hint: `im backup open ${id}, or send, snooze, dismiss`,
      }
    }
    case 'trouble':
      return {
        title: told ? `Not sent: ${notable.to}` : 'Not sent',
        body: told ? notable.why : '',
        hint: 'im backup list --all',
      }
    case 'key': {
      const hint = `im friend verify ${notable.uin}`
      return {
        title: told ? `The key of ${notable.name} has changed` : 'The key of a friend has changed',
        body: `Nothing is sent to them until you say yes: ${hint}`,
        urgency: 'critical',
      }
    }
    default:
      return notable satisfies never
  }
}

/** Many at once, as after sleep: counted, and named as far as the owner wants that. */
export function digest(worth: readonly Notable[], preview: Preview): Popup {
  const of = <K extends Notable['kind']>(kind: K) =>
    worth.filter((one): one is Extract<Notable, { kind: K }> => one.kind === kind)
  const trouble = of('trouble')
  const parts = [
    part(of('message'), 'message', 'messages', 'from', ({ name }) => name, preview),
    part(of('due'), 'reminder due', 'reminders due', 'for', ({ to }) => to, preview),
    part(
      trouble.filter(({ missed }) => missed),
      'reminder missed',
      'reminders missed',
      'for',
      ({ to }) => to,
      preview,
    ),
    part(
      trouble.filter(({ missed }) => !missed),
      'backup not sent',
      'backups not sent',
      'to',
      ({ to }) => to,
      preview,
    ),
    part(of('presence'), 'friend online', 'friends online', 'with', ({ name }) => name, preview),
  ].filter((one) => one !== null)
  return {
    kind: 'digest',
    title: 'While you were away',
    body: parts.join('\n'),
    urgency: of('due').length > 0 ? 'critical' : 'normal',
    tag: 'digest',
    about: null,
    buttons: [],
    hint: 'more: im',
    nick: null,
    of: worth,
  }
}

const MOST_NAMED = 3

/** `4 messages from 2 people: Bo, Cy`. */
function part<N>(
  all: readonly N[],
  one: string,
  many: string,
  join: string,
  nameOf: (one: N) => string,
  preview: Preview,
): string | null {
  if (all.length === 0) return null
  const number = counted(all.length, one, many)
  if (preview === 'none') return number
  const names = [...new Set(all.map(nameOf))]
  const named = `${names.slice(0, MOST_NAMED).join(', ')}${names.length > MOST_NAMED ? ' and others' : ''}`
  return names.length > 1 && join === 'from'
    ? `${number} from ${names.length} people: ${named}`
    : `${number} ${join} ${named}`
}
