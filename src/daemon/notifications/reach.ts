import type { ShowOnDesktop } from './desktop.ts'
import type { Notifier, Shown } from './notifier.ts'
import type { NotifyCommand } from './notify-command.ts'
import type { ShowOnTerminal } from './terminal-notice.ts'

export interface Channels {
  desktop: ShowOnDesktop
  terminal: ShowOnTerminal
  /** What the owner has set; null: nothing. */
  command: NotifyCommand | null
}

/** Said: there is nothing to press, or to take back. */
function said(): Shown {
  return { pressed: new Promise(() => {}), withdraw: () => {}, leave: () => {} }
}

/** The newest desktop that answers, else the newest terminal that is still there; and the owner's command in any case. */
export function reachWith({ desktop, terminal, command }: Channels): Notifier {
  return {
    async show(popup, { desktops, terminals }) {
      // The answer to a button is of interest where the button was.
      const taken = popup.kind === 'done' ? null : (command?.give(popup) ?? null)
      for (const one of desktops) {
        const shown = await desktop(popup, one)
        if (shown !== null) return shown
      }
      for (const one of terminals) if (await terminal(popup, one)) return said()
      return (await taken) === true ? said() : null
    },
  }
}
