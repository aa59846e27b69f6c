/** How lines look: spans of text in a few tones, and the signs a terminal can show. */
import type { FriendView } from '../../protocol/views.ts'
import type { Io } from '../io.ts'
import { columns, cut, shown } from './graphemes.ts'

export type Tone = 'plain' | 'dim' | 'strong' | 'me' | 'friend' | 'good' | 'warn' | 'bad'

export interface Span {
  text: string
  tone: Tone
}

/** One row of the screen; never wider than it. */
export type Line = readonly Span[]

export interface Signs {
  prompt: string
  ellipsis: string
  rule: string
  online: string
  away: string
  offline: string
  due: string
  queued: string
  sent: string
  delivered: string
  failed: string
  dot: string
  quote: readonly [string, string]
}

const UNICODE: Signs = {
  prompt: '❯',
  ellipsis: '…',
  rule: '─',
  online: '●',
  away: '◐',
  offline: '○',
  due: '◆',
  queued: '◌',
  sent: '✓',
  delivered: '✓✓',
  failed: '✗',
  dot: '·',
  quote: ['“', '”'],
}

const ASCII: Signs = {
  prompt: '>',
  ellipsis: '...',
  rule: '-',
  online: '*',
  away: '~',
  offline: 'o',
  due: '!',
  queued: '-',
  sent: '+',
  delivered: '++',
  failed: 'x',
  dot: '-',
  quote: ['"', '"'],
}

/** Signs beyond ASCII where the locale says UTF-8, or where nothing else exists. */
export function signsOf({ env, platform }: Pick<Io, 'env' | 'platform'>): Signs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return platform === 'darwin' || platform === 'win32' || /utf-?8/i.test(locale) ? UNICODE : ASCII
}

/** Every text on the screen becomes one of these, and so nothing in it can move the cursor or turn the direction. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: shown(text).replaceAll('\n', ' '), tone }
}

/** As many of the spans as fit. */
export function cutRow(spans: readonly Span[], page: { columns: number; signs: Signs }): Line {
  const { ellipsis } = page.signs
  const row: Span[] = []
  let left = page.columns - 1
  for (const { text, tone } of spans) {
    if (text === '') continue
    const kept = cut(text, left, ellipsis)
    row.push({ text: kept, tone })
    left -= columns(kept)
    if (kept !== text || left <= 0) break
  }
  return row
}

export function presenceSign({ presence }: Pick<FriendView, 'presence'>, signs: Signs): [string, Tone] {
  if (presence === 'online') return [signs.online, 'good']
  if (presence === 'away' || presence === 'busy') return [signs.away, 'warn']
  return [signs.offline, 'dim']
}
