import { DESKTOP_VARIABLES, TERMINAL_VARIABLES } from '../../host/caller-variables.ts'

/** Variables of a caller: a desktop, a terminal, or both. TTY: the device file of its terminal. */
export type Env = Readonly<Record<string, string | undefined>>

/** Where a person may be reached, the newest first. */
export interface Reachable {
  desktops: readonly Env[]
  terminals: readonly Env[]
}

const MOST = 3

/** Remembers where callers were: the newest desktops and terminals, and the daemon's own desktop at the end. */
export class Places {
  readonly #own: Env
  #desktops: readonly Env[] = []
  #terminals: readonly Env[] = []

  constructor(own: Env) {
    this.#own = own
  }

  get reachable(): Reachable {
    return { desktops: newest(this.#own, this.#desktops, true), terminals: this.#terminals }
  }

  /** Whether the caller was somewhere nobody had called from yet. */
  seen(variables: Env): boolean {
    const desktop = picked(variables, DESKTOP_VARIABLES)
    const terminal = picked(variables, ['TTY', ...TERMINAL_VARIABLES])
    const [desktops, terminals] = [this.#desktops, this.#terminals]
    if (desktop.DISPLAY ?? desktop.WAYLAND_DISPLAY ?? desktop.DBUS_SESSION_BUS_ADDRESS ?? desktop.XDG_RUNTIME_DIR) {
      this.#desktops = newest(desktop, desktops)
    }
    if (terminal.TTY ?? terminal.TMUX) this.#terminals = newest(terminal, terminals)
    return addsTo(desktops, this.#desktops) || addsTo(terminals, this.#terminals)
  }
}

/** Whether the newest was not there before. */
function addsTo(before: readonly Env[], after: readonly Env[]): boolean {
  const newest = JSON.stringify(after[0])
  return after.length > 0 && before.every((one) => JSON.stringify(one) !== newest)
}

function picked(variables: Env, names: readonly string[]): Env {
  return Object.fromEntries(names.flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])))
}

function newest(one: Env, others: readonly Env[], last = false): readonly Env[] {
  const same = JSON.stringify(one)
  const rest = others.filter((other) => JSON.stringify(other) !== same)
  return last ? [...rest, one] : [one, ...rest].slice(0, MOST)
}
