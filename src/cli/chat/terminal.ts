/** The keyboard: raw mode, keys and pastes as they come, and whether the window is looked at. */
import { emitKeypressEvents } from 'node:readline'
import { type Keypress, keyOf } from './keys.ts'
import type { Event } from './model.ts'
import { MOST_BYTES } from './on-key.ts'

/** Bracketed paste, and reports of the focus. */
const ON = '\x1b[?2004h\x1b[?1004h'
const OFF = '\x1b[?1004l\x1b[?2004l'
/** How long an Esc waits for the rest of a sequence. */
const ESC_MS = 50
const FOCUS: Readonly<Record<string, boolean>> = { '\x1b[I': true, '\x1b[O': false }

type Take = (event: Event) => void

export interface Keyboard {
  start(): void
  stop(): void
}

export function keyboard(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream, take: Take): Keyboard {
  const decode = decoder(take)
  // The decoder looks at the timeout alone; an interface would take the line editing over.
  emitKeypressEvents(stdin, { escapeCodeTimeout: ESC_MS } as never)
  return {
    start: () => {
      stdin.setRawMode(true)
      stdin.on('keypress', decode)
      stdin.resume()
      stdout.write(ON)
    },
    stop: () => {
      stdout.write(OFF)
      stdin.off('keypress', decode)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}

/** What is pasted comes as one; keys in between are text. */
export function decoder(take: Take): (character: string | undefined, key: Keypress) => void {
  let paste: string[] | null = null
  return (character, key) => {
    if (key.name === 'paste-start') paste = []
    else if (key.name === 'paste-end') {
      if (paste !== null) take({ on: 'paste', text: paste.join('') })
      paste = null
    } else if (key.sequence === '\x03') {
      // No paste holds one; where its end was lost this is the way out.
      paste = null
      take({ on: 'key', key: keyOf(character, key) })
    } else if (paste !== null) {
      // One too many characters are enough to see that it is too long.
      if (paste.length <= MOST_BYTES) paste.push(character ?? key.sequence ?? '')
    } else {
      const isFocused = FOCUS[key.sequence ?? '']
      take(isFocused === undefined ? { on: 'key', key: keyOf(character, key) } : { on: 'looked', isFocused })
    }
  }
}
