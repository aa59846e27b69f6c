/** Tab in a line that begins with a slash: the command's name, then the friend or the backup it is about. */
import { shortId } from '../describe/backup.ts'
import { friendName } from '../describe/names.ts'
import { insert } from './editor.ts'
import type { Chat, Step } from './model.ts'
import { SLASH } from './slash.ts'
import { edited, noted } from './steps.ts'

/** As far as all that fit agree; where that is not the end of it they are named. Elsewhere Tab does nothing. */
export function complete(chat: Chat): Step {
  const { editor, target } = chat
  const [, head = '', name, begun = ''] = /^(\/(?:(\w+) +)?)([^/].*)?$/.exec(editor.text) ?? []
  if (head === '' || target.kind !== 'message' || editor.at < editor.text.length) return [chat, []]
  const fitting = candidates(chat, name).filter((one) => one.toLowerCase().startsWith(begun.toLowerCase()))
  if (fitting.length === 0) return [chat, []]
  const common = fitting.reduce(shared)
  // Names that differ in case alone agree in less than was typed: that stays.
  const line = common.length < begun.length ? editor : insert({ ...editor, text: head, at: head.length }, common)
  const [next, effects] = edited(chat, line)
  if (fitting.length === 1) return [next, effects]
  return [noted(next, fitting.map((one) => one.trim()).join('  '), false)[0], effects]
}

function candidates({ people, backups }: Chat, name: string | undefined): string[] {
  if (name === undefined) return SLASH.map((one) => (one.words === '' ? one.name : `${one.name} `))
  switch (SLASH.find((one) => one.name === name)?.words) {
    case 'WHO':
      return (people?.people ?? []).map(({ friend }) => friendName(friend))
    case 'ID':
      return backups.map(({ id }) => shortId(id))
    default:
      return []
  }
}

/** What both begin with. */
function shared(a: string, b: string): string {
  const [as, bs] = [[...a], [...b]]
  const end = as.findIndex((character, at) => character !== bs[at])
  return end === -1 ? a : as.slice(0, end).join('')
}
