/** The real notify-send against a recording notification server, on a session bus of its own. */
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { desktopNotifier } from '../../src/daemon/notifications/desktop.ts'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { ALL_CAPABILITIES, lacksDesktop, popup, startDesktop } from '../support/desktop.ts'
import { lacks } from '../support/real-parts.ts'
import { firstLine, startSessionBus } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'

const notifier = () => desktopNotifier({ env: { PATH: process.env.PATH }, platform: 'linux', timers: nodeTimers })

const HOSTILE = [
  '<b>bold</b> & <img src="file:///etc/passwd"> &amp;',
  '--help',
  '-u critical',
  '$(touch /tmp/x) `id` ; | > "quotes" \'single\'',
  'back\\slash \\n \\101 \\\\ C:\\new',
  'two\nlines\tand a tab',
  '雪 👩‍👩‍👧 עברית é',
  '%s %n %d',
  '',
]

const REMINDER = popup({
  title: 'Reminder: Bo',
  body: 'tea',
  buttons: ['open', 'send', 'snooze'],
  hint: 'im backup open 3fk2',
})

describe.skipIf(lacksDesktop())('a popup', () => {
  it('shows hostile texts as they are where the server reads no markup', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ['body'])
    const show = notifier()
    for (const text of HOSTILE) {
      const title = text.replace(/[\n\t]/g, ' ')
      expect(await show(popup({ title, body: text }), bus.env)).not.toBeNull()
      expect(await desktop.note()).toMatchObject({
        app: 'im',
        summary: title || 'im',
        body: text,
        urgency: 1,
        actions: [],
      })
    }
  })

  it('escapes the body, and only the body, where the server reads markup', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const show = notifier()
    for (const text of HOSTILE.filter((one) => !one.includes('\n'))) {
      await show(popup({ title: text, body: text, urgency: 'critical' }), bus.env)
      const body = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      expect(await desktop.note()).toMatchObject({ app: 'im', summary: text || 'im', body, urgency: 2 })
    }
  })

  it('escapes the body when the server cannot be asked', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ['body'])
    const PATH = await tempDir()
    await symlink('/usr/bin/notify-send', join(PATH, 'notify-send'))
    expect(await notifier()(popup({ body: '<i>' }), { ...bus.env, PATH })).not.toBeNull()
    expect((await desktop.note()).body).toBe('&lt;i&gt;')
  })

  it('makes control characters visible, drops overrides and cuts what is too long', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ['body'])
    const body = `\u0000\u001b[31m\u202e\ud83d${'👩'.repeat(2_000)}`
    await notifier()(popup({ title: 'a\u0007\nb', body }), bus.env)
    const { summary, body: shown } = await desktop.note()
    expect(summary).toBe('a\\u0007\\u000ab')
    expect(shown).toMatch(/^\\u0000\\u001b\[31m\\ud83d👩+…$/u)
    expect([...shown]).toHaveLength(500)
  })

  it('is none where no server answers, and when there is no session or no notify-send', async () => {
    const bus = await startSessionBus()
    expect(await notifier()(popup({}), bus.env)).toBeNull()
    expect(await notifier()(popup({}), {})).toBeNull()
    expect(await notifier()(popup({}), { ...bus.env, PATH: '/nowhere' })).toBeNull()
  })

  it('is given up after its time, and its process with it', async () => {
    const bus = await startSessionBus()
    await startDesktop(bus, ALL_CAPABILITIES)
    const folder = await tempDir()
    const slow =
      '#!/bin/sh\n[ "$1" = --help ] && echo --action --print-id && exit\necho $$ > "$PIDS/$$"\nexec sleep 60\n'
    await writeFile(join(folder, 'notify-send'), slow, { mode: 0o755 })
    const PIDS = await tempDir()
    expect(await notifier()(REMINDER, { ...bus.env, PIDS, PATH: `${folder}:${process.env.PATH}` })).toBeNull()
    const [pid] = await readdir(PIDS)
    await eventually(() => expect(isAlive(Number(pid))).toBe(false))
  }, 8_000)

  it('of a server that never answers is none, soon, and nothing of it stays', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    desktop.freeze()
    const before = nodeClock.monotonic()
    expect(await notifier()(REMINDER, bus.env)).toBeNull()
    expect(nodeClock.monotonic() - before).toBeLessThan(5_000)
    expect(await waiting(bus.env)).toEqual([])
  }, 10_000)
})

describe.skipIf(lacksDesktop())('a popup with buttons', () => {
  it('says which was pressed; a click on the note is the first', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const show = notifier()
    for (const [key, button] of [
      ['default', 'open'],
      ['open', 'open'],
      ['send', 'send'],
      ['snooze', 'snooze'],
    ] as const) {
      const shown = await show(REMINDER, bus.env)
      const note = await desktop.note()
      expect(note).toMatchObject({ body: 'tea', summary: 'Reminder: Bo' })
      expect(note.actions.join(' ')).toBe('default Open open Open send Send now snooze Snooze')
      await desktop.press(note, key)
      expect(await shown?.pressed).toBe(button)
      // notify-send takes the note down when a button was pressed.
      expect(await desktop.closed()).toBe(note.id)
    }
    await eventually(async () => expect(await waiting(bus.env)).toEqual([]))
  })

  it('with one button is pressed by a click on the note alone', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const shown = await notifier()({ ...REMINDER, buttons: ['open'] }, bus.env)
    const note = await desktop.note()
    expect(note.actions).toEqual(['default', 'Open'])
    await desktop.press(note, 'default')
    expect(await shown?.pressed).toBe('open')
  })

  it('is taken from the screen, and its process ends', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const shown = await notifier()(REMINDER, bus.env)
    const note = await desktop.note()
    expect(await waiting(bus.env)).toHaveLength(1)
    shown?.withdraw()
    expect(await desktop.closed()).toBe(note.id)
    expect(await shown?.pressed).toBeNull()
    await eventually(async () => expect(await waiting(bus.env)).toEqual([]))
  })

  it('without buttons is taken from the screen too', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const shown = await notifier()(popup({}), bus.env)
    const note = await desktop.note()
    expect(await waiting(bus.env)).toEqual([])
    shown?.withdraw()
    expect(await desktop.closed()).toBe(note.id)
  })

  it('names the commands where the server has no actions, or notify-send is too old for them', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ['body'])
    expect(await notifier()(REMINDER, bus.env)).not.toBeNull()
    expect(await desktop.note()).toMatchObject({ body: 'tea\nim backup open 3fk2', actions: [] })
    await desktop.die()
    const newer = await startDesktop(bus, ALL_CAPABILITIES)
    const folder = await tempDir()
    const old = '#!/bin/sh\n[ "$1" = --help ] && exit\nexec /usr/bin/notify-send "$@"\n'
    await writeFile(join(folder, 'notify-send'), old, { mode: 0o755 })
    expect(await notifier()(REMINDER, { ...bus.env, PATH: `${folder}:${process.env.PATH}` })).not.toBeNull()
    expect(await newer.note()).toMatchObject({ body: 'tea\nim backup open 3fk2', actions: [] })
  })

  it('shows again on a server that has died and come back', async () => {
    const bus = await startSessionBus()
    const show = notifier()
    const first = await startDesktop(bus, ALL_CAPABILITIES)
    expect(await show(REMINDER, bus.env)).not.toBeNull()
    await first.die()
    expect(await show(REMINDER, bus.env)).toBeNull()
    const second = await startDesktop(bus, ALL_CAPABILITIES)
    const shown = await show(REMINDER, bus.env)
    await second.press(await second.note(), 'send')
    expect(await shown?.pressed).toBe('send')
  })

  it('is left on the screen when the daemon stops; its process ends', async () => {
    const bus = await startSessionBus()
    const desktop = await startDesktop(bus, ALL_CAPABILITIES)
    const show = notifier()
    const shown = await show(REMINDER, bus.env)
    await desktop.note()
    shown?.leave()
    await eventually(async () => expect(await waiting(bus.env)).toEqual([]))
    await show(popup({ title: 'next' }), bus.env)
    expect((await desktop.note()).summary).toBe('next')
  })
})

describe.skipIf(lacksDesktop() || lacks('dunst', 'dunstctl', 'Xvfb'))('on dunst', () => {
  it('a click is Open, a withdrawn note goes from the screen, and what dunst makes of the text is the text', async () => {
    const bus = await startSessionBus()
    const display = await firstLine(bus.start('Xvfb', ['-displayfd', '1', '-screen', '0', '800x600x24']))
    const { stdout } = bus.start('env', [`DISPLAY=:${display}`, 'dunst', '-print'])
    let printed = ''
    stdout?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk))
    await bus.owned('org.freedesktop.Notifications')
    const show = notifier()
    const body = 'tea at <b>five</b> & $(id)\nor six?'
    const shown = await show({ ...REMINDER, body, urgency: 'critical' }, bus.env)
    await eventually(() => expect(printed).toContain('Send now'))
    expect(printed).toContain(
      `<b>Reminder: Bo</b>\n${body.replace('<b>', '&lt;b&gt;').replace('</b>', '&lt;/b&gt;').replace(' & ', ' &amp; ')}'`,
    )
    const control = async (...words: string[]) => firstLine(bus.start('dunstctl', words)).catch(() => '')
    expect(await control('count', 'displayed')).toBe('1')
    await control('action')
    expect(await shown?.pressed).toBe('open')
    await eventually(async () => expect(await control('count', 'displayed')).toBe('0'))

    const next = await show(REMINDER, bus.env)
    expect(await control('count', 'displayed')).toBe('1')
    next?.withdraw()
    await eventually(async () => expect(await control('count', 'displayed')).toBe('0'))
  }, 20_000)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Processes of notify-send and gdbus on this bus. */
async function waiting(env: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [name = '', variables = ''] = await Promise.all(
      ['comm', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    const isOurs = variables.includes(env.DBUS_SESSION_BUS_ADDRESS ?? 'none')
    if (isOurs && /^(notify-send|gdbus|busctl)/.test(name)) found.push(name)
  }
  return found
}
