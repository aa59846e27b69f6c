/** The variables that say where a caller is. */

/** What makes a desktop reachable, and what starts a terminal on it. */
export const DESKTOP_VARIABLES = [
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'XAUTHORITY',
  'XDG_CURRENT_DESKTOP',
  'TERMINAL',
] as const

/** Which terminal it is; its device file is no variable. */
export const TERMINAL_VARIABLES = ['TMUX', 'TMUX_PANE', 'TERM'] as const
