/** Where there is no desktop: a real tmux, with somebody attached to it. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { terminalOpener } from '../../src/daemon/notifications/open-terminal.ts'
import { noticeLine, terminalNotifier } from '../../src/daemon/notifications/terminal-notice.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { popup } from '../support/desktop.ts'
import { lacks } from '../support/real-parts.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTmux } from '../support/tmux.ts'
import { eventually } from '../support/wait-for.ts'

describe.skipIf(lacks('tmux'))('in tmux', () => {
  it('a popup is its line of messages, with hostile texts as they are, and rings the bell', async () => {
    const tmux = await startTmux(['cat'])
    const show = terminalNotifier({ PATH: process.env.PATH })
    expect(await show(popup({ title: 'a', body: 'nobody looks' }), { TMUX: tmux.env.TMUX })).toBe(false)
    tmux.attach()
    await eventually(() => expect(tmux.run('list-clients')).not.toBe(''))
    const planted = join(await tempDir(), 'planted')
    const hostile = (esc: string) => `50% %H:%M #(touch ${planted}) #{pane_pid} #[fg=red]red ${esc}[31m; \`id\` $(id)`
    expect(await show(popup({ title: 'Reminder: Bo', body: hostile('\u001b') }), tmux.env)).toBe(true)
    const line = `im: Reminder: Bo: ${hostile('\\u001b')}`
    await eventually(() => expect(tmux.screen()).toContain(line))
    expect(existsSync(planted)).toBe(false)
    tmux.run('new-window', 'cat')
    await show(popup({}), tmux.env)
    await eventually(() => expect(tmux.run('list-windows', '-F', '#{window_bell_flag}')).toContain('1'))
  })

  it('a conversation is a new window, its words as they are', async () => {
    const tmux = await startTmux(['cat'])
    const folder = await tempDir()
    const said = join(folder, 'said')
    const self = ['sh', '-c', 'printf "%s\\n" "$@" > "$0"; cat', said]
    const open = terminalOpener({
      env: { PATH: process.env.PATH },
      platform: 'linux',
      timers: nodeTimers,
      configured: null,
      self,
    })
    const where = { desktops: [{}], terminals: [tmux.env] }
    expect(await open(['chat', '1; $(id) #(id)'], where)).toBe(false)
    tmux.attach()
    await eventually(() => expect(tmux.run('list-clients')).not.toBe(''))
    expect(await open(['chat', '1; $(id) #(id)'], where)).toBe(true)
    await eventually(() => expect(execFileSync('cat', [said], { encoding: 'utf8' })).toBe('chat\n1; $(id) #(id)\n'))
    expect(tmux.run('list-windows').trim().split('\n')).toHaveLength(2)
  })
})

describe('a terminal that is started', () => {
  const open = (configured: readonly string[] | null, env: Record<string, string>) =>
    terminalOpener({ env, platform: 'linux', timers: nodeTimers, configured, self: ['im'] })(['chat'], {
      desktops: [{ DISPLAY: ':99' }],
      terminals: [],
    })

  it('that fails or is not there is passed over for the next', async () => {
    const folder = await tempDir()
    const put = (name: string, body: string) =>
      execFileSync('sh', ['-c', 'printf "%s" "$1" > "$0"; chmod +x "$0"', join(folder, name), `#!/bin/sh\n${body}\n`])
    const PATH = folder
    expect(await open(null, { PATH })).toBe(false)
    put('kitty', 'exit 1')
    expect(await open(null, { PATH })).toBe(false)
    put('xterm', `echo "$@" > '${folder}/said'`)
    expect(await open(null, { PATH })).toBe(true)
    await eventually(() => expect(execFileSync('cat', [`${folder}/said`], { encoding: 'utf8' })).toBe('-e im chat\n'))
    expect(await open([join(folder, 'kitty')], { PATH })).toBe(false)
  })
})

describe('the bell', () => {
  it('rings on a terminal of this user and nowhere else', async () => {
    const show = terminalNotifier({ PATH: '' })
    for (const TTY of ['/dev/null', '/etc/passwd', '/dev/pts/../null', '/dev/pts/99999', '/dev/tty1/../sda', '']) {
      expect(await show(popup({}), { TTY })).toBe(false)
    }
    const script = spawn('script', ['-qc', 'tty; sleep 20', '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void script.kill())
    let seen = ''
    script.stdout.setEncoding('utf8').on('data', (chunk: string) => (seen += chunk))
    await eventually(() => expect(seen).toMatch(/\/dev\/pts\/\d+/))
    expect(await show(popup({}), { TTY: seen.trim() })).toBe(true)
    await eventually(() => expect(seen).toContain('\u0007'))
  })
})

it('the line tells all there is, on one line, and not too long', () => {
  expect(noticeLine(popup({ title: 'Reminder: Bo', body: 'a\nb', hint: 'im backup open 3fk2' }))).toBe(
    'im: Reminder: Bo (im backup open 3fk2): a b',
  )
  expect([...noticeLine(popup({ body: '雪'.repeat(999) }))]).toHaveLength(200)
})
