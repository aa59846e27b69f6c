/** A reminder from end to end: real daemons, a real relay, notify-send and a notification server that records. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { SELF } from '../support/cli.ts'
import { ALL_CAPABILITIES, type Desktop, lacksDesktop, startDesktop } from '../support/desktop.ts'
import { callDaemon } from '../support/local-caller.ts'
import { lacks } from '../support/real-parts.ts'
import { type SessionBus, startSessionBus } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTmux } from '../support/tmux.ts'
import { eventually, recorder } from '../support/wait-for.ts'
import { type World, world } from '../support/world.ts'

const TEXT = 'tea at five\nor <b>six</b>? & $(id)'
const SHOWN = 'tea at five\nor &lt;b&gt;six&lt;/b&gt;? &amp; $(id)'

describe.skipIf(lacksDesktop())('on a desktop', () => {
  let made: World
  let bus: SessionBus
  let desktop: Desktop
  let ana: { profile: string; uin: string }
  let bo: { profile: string; uin: string }

  const onDesktop = () => ({ DBUS_SESSION_BUS_ADDRESS: bus.env.DBUS_SESSION_BUS_ADDRESS ?? '' })
  const say = (profile: string, args: readonly string[]) => made.im(profile, [...args, '--json'], { env: onDesktop() })
  const received = async () => (await made.im('bo', ['inbox', '--json'])).json.map(({ text }) => text)

  beforeEach(async () => {
    made = await world()
    bus = await startSessionBus()
    desktop = await startDesktop(bus, ALL_CAPABILITIES)
    ana = { profile: 'ana', uin: await made.register('ana') }
    bo = { profile: 'bo', uin: await made.register('bo') }
    await made.befriend(ana, bo)
  })

  async function due(text = TEXT): Promise<string> {
    const added = await say('ana', ['backup', 'add', 'bo', '-m', text, '--in', '1s'])
    return String(added.json[0]?.id)
  }
  const stateOf = async (id: string) => (await made.im('ana', ['backup', 'show', id, '--json'])).json[0]?.state

  it('a click opens it in the window that runs; Send now sends it once; Snooze arms it again', async () => {
    const heard = recorder<{ event: string; params: unknown }>()
    const window = await callDaemon(made.home, 'ana', (event, params) => heard.push({ event, params }))
    await window.call('chat.attach', {})

    const first = await due()
    const note = await desktop.note()
    expect(note).toMatchObject({ app: 'im', summary: 'Reminder: bo', body: SHOWN, urgency: 2 })
    await desktop.press(note, 'default')
    const focus = await heard.waitFor('the conversation', ({ event }) => event === 'chat.focus')
    expect(focus.params).toEqual({ uin: bo.uin, backupId: first })
    expect(await desktop.closed()).toBe(note.id)
    window.close()

    await due()
    const second = await desktop.note()
    await desktop.press(second, 'send')
    expect(await desktop.closed()).toBe(second.id)
    expect((await desktop.note()).summary).toBe('Sent')
    await made.im('bo', ['wait', 'ana', '--message', '--after', '1:0', '--timeout', '10s'])
    expect(await received()).toEqual([TEXT])

    const third = await due()
    const last = await desktop.note()
    await desktop.press(last, 'snooze')
    expect(await desktop.closed()).toBe(last.id)
    expect(await desktop.note()).toMatchObject({ summary: 'Snoozed', body: 'It comes again in 10m.' })
    expect(await stateOf(third)).toBe('armed')
    expect(await received()).toEqual([TEXT])
  }, 60_000)

  it.skipIf(lacks('tmux'))(
    'a click puts the text in the edit line of im chat; edited there it is sent; im backup open does the same',
    async () => {
      const env = { IM_HOME: made.home, IM_PROFILE: 'ana', IM_RELAY: made.relayUrl, ...onDesktop() }
      const tmux = await startTmux([...SELF, 'chat', 'me'], env)
      await eventually(() => expect(tmux.pane()).not.toBe(''))
      await due('tea at five\nor six?')
      await desktop.press(await desktop.note(), 'default')
      await eventually(() => expect(tmux.pane()).toMatch(/tea at five *\n.*or six\?/))
      tmux.keys('-l', ' 雪')
      await eventually(() => expect(tmux.pane()).toContain('or six? 雪'))
      tmux.keys('Enter')
      await made.im('bo', ['wait', 'ana', '--message', '--after', '1:0', '--timeout', '10s'])
      expect(await received()).toEqual(['tea at five\nor six? 雪'])

      const id = await due('and cake?')
      await eventually(async () => expect(await stateOf(id)).toBe('due'))
      tmux.run('new-window', '--', ...SELF, 'backup', 'open', id)
      await eventually(() => expect(tmux.pane()).toContain('❯ and cake?'))
      tmux.keys('Enter')
      await eventually(async () => expect(await received()).toEqual(['tea at five\nor six? 雪', 'and cake?']))
    },
    60_000,
  )

  it('sent from another device it goes from the screen; a note to oneself from there pops up', async () => {
    const login = ['login', ana.uin, '--token-store', 'file', '--password-stdin']
    expect((await made.im('train', login, { input: 'password of ana' })).code).toBe(0)
    const id = await due()
    const note = await desktop.note()
    expect((await made.im('train', ['backup', 'send', id])).code).toBe(0)
    expect(await desktop.closed()).toBe(note.id)
    expect((await made.im('train', ['send', 'me', 'backup finished; $(id)'])).code).toBe(0)
    expect(await desktop.note()).toMatchObject({ summary: 'Note to myself', body: 'backup finished; $(id)' })
  }, 60_000)

  it('without a window a terminal is started for it, with the text as one argument of nobody', async () => {
    const folder = await tempDir()
    const said = join(folder, 'said')
    const terminal = join(folder, 'my terminal')
    await writeFile(terminal, `#!/bin/sh\nprintf '%s\\n' "$@" > "${said}.part" && mv "${said}.part" "${said}"\n`)
    await chmod(terminal, 0o755)
    await made.im('ana', ['config', 'set', 'terminal', terminal, '--', '--title', 'im; $(id)', '-e'])
    await made.im('ana', ['daemon', 'restart'], { env: onDesktop() })
    const id = await due()
    await desktop.press(await desktop.note(), 'open')
    const words = (await eventually(() => readFile(said, 'utf8'))).trimEnd().split('\n')
    expect(words.slice(0, 3)).toEqual(['--title', 'im; $(id)', '-e'])
    expect(words.slice(-6)).toEqual(['--profile', 'ana', 'chat', bo.uin, '--backup', id])
    expect(words).toContain(`IM_HOME=${made.home}`)
    const again = await made.im('ana', ['backup', 'open', id, '--no-input', '--json'])
    expect([again.code, again.json]).toEqual([
      0,
      [{ v: 1, opened: 'terminal', command: `im chat ${bo.uin} --backup ${id}` }],
    ])
  }, 60_000)
})

describe('without a desktop', () => {
  it('the command of the owner is given each popup as JSON, and its failure is told', async () => {
    const { im, register } = await world()
    await register('ana')
    const folder = await tempDir()
    const said = join(folder, 'said')
    const phone = join(folder, 'phone')
    await writeFile(phone, `#!/bin/sh\ncat > "${said}.part" && mv "${said}.part" "$1"; [ "$1" = "${said}" ]\n`)
    await chmod(phone, 0o755)
    await im('ana', ['config', 'set', 'notify.command', phone, said])
    await im('ana', ['daemon', 'restart'])
    const added = await im('ana', ['remind', 'call mum; $(id)', '--in', '1s', '--json'])
    const given = JSON.parse(await eventually(() => readFile(said, 'utf8')))
    expect(given).toEqual({
      v: 1,
      kind: 'due',
      title: 'Reminder',
      body: 'call mum; $(id)',
      uin: added.json[0]?.to,
      nick: 'you',
      backupId: added.json[0]?.id,
      urgency: 'critical',
    })
    await im('ana', ['config', 'set', 'notify.command', phone, `${said}.other`])
    await im('ana', ['daemon', 'restart'])
    await im('ana', ['remind', 'again', '--in', '1s'])
    await eventually(async () => {
      const status = (await im('ana', ['daemon', 'status', '--json'])).json[0]
      expect(status?.notifyFailure).toMatch(/^notify\.command at .*: It ended with 1\.$/)
    })
    const doctor = (await im('ana', ['doctor', '--json'])).json.find(({ check }) => check === 'notify.command')
    expect(doctor).toMatchObject({ ok: false, detail: expect.stringContaining('It ended with 1.') })
    const opened = await im('ana', ['backup', 'open', String(added.json[0]?.id), '--no-input'])
    expect([opened.code, opened.stderr]).toEqual([2, expect.stringContaining('in a terminal: im chat')])
  }, 60_000)
})
