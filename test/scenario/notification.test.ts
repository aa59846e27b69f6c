/** The real notify-send against a recording notification server, on a session bus of its own. */
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { desktopNotifier } from '../../src/daemon/desktop.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { lacks } from '../support/real-parts.ts'
import { type SessionBus, startSessionBus } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Debian's own: its D-Bus modules belong to it, not to another python3 that PATH may find first. */
const PYTHON = '/usr/bin/python3'
const SERVER = fileURLToPath(new URL('../support/notification-server.py', import.meta.url))

interface Recorded {
  app: string
  summary: string
  body: string
  urgency: number
}

async function startServer(bus: SessionBus, capabilities: readonly string[]): Promise<() => Promise<Recorded>> {
  const { stdout } = bus.start(PYTHON, [SERVER, ...capabilities])
  if (stdout === null) throw new Error('stdout is not a pipe')
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  expect(await next()).toBe('ready')
  return async () => JSON.parse(await next())
}

const notifier = desktopNotifier({ env: { PATH: process.env.PATH ?? '' }, platform: 'linux', timers: nodeTimers })

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

describe.skipIf(lacks('dbus-daemon', 'notify-send', 'gdbus', PYTHON))('a popup', () => {
  it('shows hostile texts as they are where the server reads no markup', async () => {
    const bus = await startSessionBus()
    const recorded = await startServer(bus, ['body'])
    for (const text of HOSTILE) {
      const title = text.replace(/[\n\t]/g, ' ')
      expect(await notifier.notify({ title, body: text }, bus.env)).toBe('shown')
      expect(await recorded()).toEqual({ app: 'im', summary: title || 'im', body: text, urgency: 1 })
    }
  })

  it('escapes the body, and only the body, where the server reads markup', async () => {
    const bus = await startSessionBus()
    const recorded = await startServer(bus, ['body', 'body-markup', 'actions'])
    for (const text of HOSTILE.filter((one) => !one.includes('\n'))) {
      await notifier.notify({ title: text, body: text, urgency: 'critical' }, bus.env)
      const body = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      expect(await recorded()).toEqual({ app: 'im', summary: text || 'im', body, urgency: 2 })
    }
  })

  it('escapes the body when the server cannot be asked', async () => {
    const bus = await startSessionBus()
    const recorded = await startServer(bus, ['body'])
    const PATH = await tempDir()
    await symlink('/usr/bin/notify-send', join(PATH, 'notify-send'))
    expect(await notifier.notify({ title: 'a', body: '<i>' }, { ...bus.env, PATH })).toBe('shown')
    expect((await recorded()).body).toBe('&lt;i&gt;')
  })

  it('makes control characters visible, drops overrides and cuts what is too long', async () => {
    const bus = await startSessionBus()
    const recorded = await startServer(bus, ['body'])
    const body = `\u0000\u001b[31m\u202e\ud83d${'👩'.repeat(2_000)}`
    await notifier.notify({ title: 'a\u0007\nb', body }, bus.env)
    const { summary, body: shown } = await recorded()
    expect(summary).toBe('a\\u0007\\u000ab')
    expect(shown).toMatch(/^\\u0000\\u001b\[31m\\ud83d👩+…$/u)
    expect([...shown]).toHaveLength(500)
  })

  it('is unavailable where no server answers, and when there is no session or no notify-send', async () => {
    const bus = await startSessionBus()
    const note = { title: 'a', body: 'b' }
    expect(await notifier.notify(note, bus.env)).toBe('unavailable')
    expect(await notifier.notify(note, {})).toBe('unavailable')
    expect(await notifier.notify(note, { ...bus.env, PATH: '/nowhere' })).toBe('unavailable')
  })

  it('is given up after its time, and its process with it', async () => {
    const bus = await startSessionBus()
    const PATH = await tempDir()
    await writeFile(join(PATH, 'notify-send'), '#!/bin/sh\nexec /bin/sleep 60\n', { mode: 0o755 })
    expect(await notifier.notify({ title: 'a', body: 'b' }, { ...bus.env, PATH })).toBe('unavailable')
  }, 8_000)
})
