import { expect, it } from 'vitest'
import { Places } from '../../../../src/daemon/notifications/places.ts'
import { terminalCommands } from '../../../../src/daemon/notifications/terminals.ts'

const IM = ['node', 'im.js', 'chat', '1']
const linux = (env: Record<string, string>, configured: readonly string[] | null = null) =>
  terminalCommands(IM, { configured, platform: 'linux', env })

it("the owner's terminal is the only one, with its own arguments first", () => {
  expect(linux({ DISPLAY: ':0', TERMINAL: 'kitty' }, ['my term', '-e'])).toEqual([['my term', '-e', ...IM]])
})

it('$TERMINAL comes first, called as that terminal wants it; one unknown is called with -e', () => {
  expect(linux({ DISPLAY: ':0', TERMINAL: '/usr/bin/gnome-terminal' })[0]).toEqual([
    '/usr/bin/gnome-terminal',
    '--',
    ...IM,
  ])
  expect(linux({ WAYLAND_DISPLAY: 'w', TERMINAL: 'mine' })[0]).toEqual(['mine', '-e', ...IM])
  expect(linux({ DISPLAY: ':0' })[0]).toEqual(['xdg-terminal-exec', ...IM])
})

it('without a display there is none', () => {
  expect(linux({ TERMINAL: 'xterm' })).toEqual([])
})

it('macOS and Windows have theirs, and no shell of ours reads the words', () => {
  const [mac] = terminalCommands(IM, { configured: null, platform: 'darwin', env: {} })
  expect([mac?.[0], mac?.slice(-IM.length)]).toEqual(['osascript', IM])
  expect(mac?.join('\n')).toContain('quoted form of word_')
  expect(terminalCommands(IM, { configured: null, platform: 'win32', env: {} })).toEqual([
    ['wt.exe', 'new-tab', '--', ...IM],
  ])
})

it('of the places of callers the newest come first, each once, and what the daemon was started with last', () => {
  const own = { DISPLAY: ':9' }
  const places = new Places(own)
  expect(places.reachable).toEqual({ desktops: [own], terminals: [] })
  expect(places.seen({ DISPLAY: ':1', TTY: '/dev/pts/1', TERM: 'xterm' })).toBe(true)
  expect(places.seen({ TTY: '/dev/pts/2', TMUX: '/tmp/t,1,0' })).toBe(true)
  expect(places.seen({ DISPLAY: ':1' })).toBe(false)
  expect(places.seen({})).toBe(false)
  expect(places.reachable).toEqual({
    desktops: [{ DISPLAY: ':1' }, own],
    terminals: [
      { TTY: '/dev/pts/2', TMUX: '/tmp/t,1,0' },
      { TTY: '/dev/pts/1', TERM: 'xterm' },
    ],
  })
  for (let n = 2; n < 9; n++) places.seen({ DISPLAY: `:${n}`, TTY: `/dev/pts/${n}` })
  expect(places.reachable.desktops.map(({ DISPLAY }) => DISPLAY)).toEqual([':8', ':7', ':6', ':9'])
  expect(places.reachable.terminals).toHaveLength(3)
  expect(places.seen({ DISPLAY: ':10' })).toBe(true)
  expect(places.seen({ DISPLAY: ':8' })).toBe(false)
})
