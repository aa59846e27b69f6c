/** The conversation window: keyboard, screen, and what takes the terminal for a while. */
import { toRfc3339 } from '../../domain/instant.ts'
import { pause } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { editInEditor } from '../input/editor.ts'
import { type Face, type Hands, sizeOf } from './conversation.ts'
import { entryLines, nameWidth, type Page } from './entry-lines.ts'
import { type Live, liveRows } from './live.ts'
import type { Chat, ScreenEffect } from './model.ts'
import { doesReflow, openScreen } from './screen.ts'
import { why } from './session.ts'
import { type Line, signsOf } from './style.ts'
import { keyboard } from './terminal.ts'

/** By then the screen has drawn what it was shown. */
const DRAWN_MS = 40
const SHOW_CURSOR = '\x1b[?25h'

export function openWindow({ io, flags }: Context, { tell, chat }: Hands): Face {
  const { stdin, stdout } = process
  const signs = signsOf(io)
  const page = ({ columns, who }: Chat): Page => ({ columns, signs, nameWidth: nameWidth(who?.name ?? '') })
  /** What is to go into the scrollback; not while somebody else has the screen. */
  let printed: Line[] = []
  let isAway = false
  let isScheduled = false
  const screen = openScreen(stdout, { hasColour: !flags.noColor && !io.env.NO_COLOR, reflows: doesReflow(io.env) })

  /** What happens in one go is drawn in one go. */
  const draw = (): void => {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(() => {
      isScheduled = false
      if (isAway) return
      const now = chat()
      show(liveRows(now, page(now), toRfc3339(io.clock.now())))
    })
  }
  const show = (live: Live | null): void => {
    screen.show(printed, live)
    printed = []
  }
  const keys = keyboard(stdin, stdout, tell)
  const resized = (): void => tell({ on: 'resized', ...sizeOf(stdout) })

  /** Somebody else has the terminal meanwhile. */
  const apart = async (run: () => Promise<void>): Promise<void> => {
    if (isAway) return
    isAway = true
    show(null)
    await pause(io, DRAWN_MS, new AbortController().signal)
    keys.stop()
    stdout.write(SHOW_CURSOR)
    try {
      await run()
    } finally {
      isAway = false
      keys.start()
      resized()
    }
  }
  const edit = async (text: string): Promise<void> => {
    try {
      const edited = await editInEditor(io, text)
      tell({ on: 'edited', text: edited.replace(/\r?\n$/, '') })
    } catch (error) {
      tell({ on: 'says', text: await why(error), isBad: true })
    }
  }
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const performers: { [D in ScreenEffect['do']]: (effect: Extract<ScreenEffect, { do: D }>) => void } = {
    print: ({ entry }) => {
      printed.push(...entryLines(entry, page(chat())))
    },
    edit: ({ text }) => void apart(() => edit(text)),
    // The whole job, as the terminal itself would do it; it goes on behind this line.
    suspend: () => void apart(async () => void process.kill(0, 'SIGTSTP')),
    leave,
  }

  stdout.on('resize', resized)
  keys.start()
  draw()
  return {
    perform: (effect) => (performers[effect.do] as (effect: ScreenEffect) => void)(effect),
    show: draw,
    left,
    close: async () => {
      stdout.off('resize', resized)
      keys.stop()
      isAway = true
      show(null)
      await screen.close()
    },
  }
}
