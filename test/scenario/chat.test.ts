import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { terminal } from '../support/chat-terminal.ts'
import { lacks } from '../support/real-parts.ts'
import { eventually } from '../support/wait-for.ts'
import { type World, world } from '../support/world.ts'

const TEXT = 'good morning\n  second line 世界'

async function friends(): Promise<World & { ana: string; bo: string }> {
  const made = await world()
  const [ana, bo] = await Promise.all([made.register('ana'), made.register('bo')])
  await made.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  return Object.assign(made, { ana, bo })
}

/** A due backup of ana for bo, and its id. */
async function dueBackup({ im }: World, text: string): Promise<string> {
  const added = await im('ana', ['backup', 'add', 'bo', '-m', text, '--in', '1s'])
  await im('ana', ['watch', '--type', 'backup', '--after', '1:0', '--count', '2', '--timeout', '10s'])
  const id = added.stdout.trim()
  await eventually(async () => expect((await im('ana', ['backup', 'show', id, '--json'])).json[0]?.state).toBe('due'))
  return id
}

async function daemonPid({ home }: World, profile: string): Promise<number> {
  return JSON.parse(readFileSync(join(home, profile, 'data', 'daemon.json'), 'utf8')).pid
}

/** All bytes in the files of a profile. */
function bytesOf(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
}

describe.skipIf(lacks('tmux'))('the conversation window', () => {
  it('opens with the due text in the edit line; edited and sent, the friend has it and the other terminal knows', async () => {
    const all = await friends()
    const { im, ana } = all
    const id = await dueBackup(all, TEXT)
    const second = await im('laptop', ['login', ana, '--token-store', 'file', '--password-stdin'], {
      input: 'password of ana',
    })
    expect(second.code).toBe(0)

    const window = await terminal(all, 'ana', ['chat', 'bo'])
    const rows = await window.shows('due: Enter sends it', '❯ good morning', /^ {4}second line 世界$/)
    // Behind the last of the wide characters: two blanks for the prompt, two of its own, and two columns for each.
    expect(await window.cursor()).toEqual({ x: 2 + 2 + 'second line '.length + 4, y: rows.length - 1 })
    await window.type('!')
    await window.keys('Enter')
    await window.shows(/me {2}good morning$/, /second line 世界!$/)
    await window.hides('due: Enter')

    const inbox = await eventually(async () => {
      const { json } = await im('bo', ['inbox', '--json'])
      expect(json).toHaveLength(1)
      return json
    })
    expect(inbox[0]?.text).toBe(`${TEXT}!`)
    await eventually(async () => {
      const [backup] = (await im('laptop', ['backup', 'show', id, '--json'])).json
      expect(backup).toMatchObject({ state: 'sent', text: `${TEXT}!` })
    })

    const theirs = await terminal(all, 'bo', ['chat', 'ana'])
    await theirs.shows(/ana {2}good morning$/)
    await window.shows('✓✓ read')
    await theirs.type('thanks')
    await theirs.keys('M-Enter')
    await theirs.type('see you')
    await theirs.keys('Enter')
    await window.shows(/bo {2}thanks$/, /^ {11}see you$/)
  })

  it('a due one that another terminal dealt with disappears; one that comes due meanwhile is offered, not put under the fingers', async () => {
    const all = await friends()
    const { im } = all
    const id = await dueBackup(all, 'first')
    const window = await terminal(all, 'ana', ['chat', 'bo'])
    await window.shows('❯ first')
    await im('ana', ['backup', 'dismiss', id])
    await window.hides('❯ first')
    await window.shows('the backup that was due: dismissed')

    await window.type('my own words')
    const other = await dueBackup(all, 'second')
    await window.shows('Ctrl+O: due “second”', '❯ my own words')
    await window.keys('C-o')
    await window.shows('snooze it')
    await window.type('z')
    await window.shows('until when? 10m', /due again .*\d\d:\d\d, in /)
    await window.keys('Enter')
    await window.hides('until when?')
    await eventually(async () => {
      expect((await im('ana', ['backup', 'show', other, '--json'])).json[0]?.state).toBe('armed')
    })

    await window.keys('C-b')
    await window.shows('when? online', 'will remind you to write to bo when bo is online')
    await window.type('last friday')
    await window.shows('looks back')
    await window.keys('C-u')
    await window.type('in 2h')
    await window.shows(/will remind you .* in 2 h$/)
    await window.keys('Enter')
    await window.hides('when? in 2h')
    const kept = (await im('ana', ['backup', 'list', '--json'])).json.find(({ text }) => text === 'my own words')
    expect(kept).toMatchObject({ state: 'armed', action: 'remind' })
  })

  it('loses no text when its daemon dies or it is left, and none of it lies readable on the disk', async () => {
    const all = await friends()
    const { im, home } = all
    const window = await terminal(all, 'ana', ['chat', 'bo'], { shell: true })
    await window.shows('Ctrl+P friends')
    await window.type('CANARY one')
    await window.shows('❯ CANARY one')
    process.kill(await daemonPid(all, 'ana'), 'SIGKILL')
    await window.shows('the daemon has gone', '❯ CANARY one')
    await window.keys('Enter')
    await window.shows('connected again', /me {2}CANARY one$/, /✓+ (sent|delivered)/)
    await eventually(async () => {
      const { json } = await im('bo', ['inbox', '--json'])
      expect(json.map(({ text }) => text)).toEqual(['CANARY one'])
    })

    await window.type('CANARY two')
    await window.keys('C-z')
    await window.shows('Stopped')
    await window.type('fg\n')
    await window.shows(/^❯ CANARY two$/)
    await window.keys('C-c')
    await window.shows('what you wrote to bo is kept')
    await im('ana', ['daemon', 'stop'])
    expect(bytesOf(join(home, 'ana', 'data')).includes('CANARY')).toBe(false)
    await window.type(`clear\n`)
    await window.hides('CANARY')
    const again = await terminal(all, 'ana', ['chat', 'bo'])
    await again.shows('❯ CANARY two')
  })

  it('stands a narrow screen, a resize while typing, a paste of a megabyte and a text of a thousand lines', async () => {
    const all = await friends()
    const { im } = all
    const window = await terminal(all, 'bo', ['chat', 'ana'], { columns: 20, rows: 8 })
    await window.shows('❯')
    await window.type('a text 世界 that breaks')
    await window.shows('❯ a text 世界 that', /^ {2}breaks$/)
    await window.resize(60, 20)
    await window.shows('❯ a text 世界 that breaks')
    await window.paste('x'.repeat(1024 * 1024))
    await window.shows('too long', '❯ a text 世界 that breaks')
    await im('ana', ['send', 'bo', '-m', Array.from({ length: 1000 }, (_, at) => `row ${at}`).join('\n')])
    await window.shows(/row 0$/, /row 999$/, '❯ a text 世界 that breaks')
    await window.type('!')
    await window.shows('❯ a text 世界 that breaks!')
    // The screen becomes lower than what is drawn on it: what is above is not wiped away.
    for (let row = 0; row < 8; row++) await window.keys('M-Enter')
    await window.type('the last')
    await window.shows(/^ {2}the last$/)
    await window.resize(60, 6)
    await window.type('!')
    await window.shows(/row 0$/, /row 999$/, /^ {2}the last!$/)
  })

  it('is brought to a conversation from outside, and the panel goes elsewhere', async () => {
    const all = await friends()
    const { im } = all
    const id = await dueBackup(all, 'opened from outside')
    const window = await terminal(all, 'ana', ['chat'])
    await window.shows('friends', /❯ [●◐○] bo {2}1 due/)
    const opened = await im('ana', ['backup', 'open', id, '--json'])
    expect(opened.json[0]).toMatchObject({ opened: 'chat' })
    await window.shows('❯ opened from outside')
    await window.keys('Escape')
    await window.shows('Ctrl+O: due')
    await window.keys('C-p')
    await window.shows('type to filter')
    await window.type('bo')
    await window.keys('Enter')
    await window.hides('friends bo')
  })
})

describe.skipIf(lacks('tmux'))('line by line', () => {
  it('a due text is read out whole, an editor may change it, and Enter sends it; without a terminal there is no window', async () => {
    const all = await friends()
    const { im } = all
    await dueBackup(all, 'one\n  two')
    const without = await im('ana', ['chat', 'bo'])
    expect([without.code, without.stderr]).toEqual([2, expect.stringMatching(/INPUT_NEEDED.*im send/s)])
    expect((await im('ana', ['chat', '--json'])).code).toBe(2)

    const env = { EDITOR: 'sed -i s/one/ONE/' }
    const window = await terminal(all, 'ana', ['chat', 'bo', '--plain'], { env })
    await window.shows('due, not sent yet:', /^one$/, /^ {2}two$/, 'Enter sends this')
    await window.type('e\n')
    await window.shows(/^ONE$/)
    await window.type('something else\n')
    await window.shows(/me: something else$/, '(delivered)')
    await window.keys('Enter')
    await window.keys('Enter')
    await window.shows(/me: ONE$/)
    const texts = await eventually(async () => {
      const { json } = await im('bo', ['inbox', '--json'])
      expect(json).toHaveLength(2)
      return json.map(({ text }) => text)
    })
    expect(texts).toEqual(['something else', 'ONE\n  two'])
    await window.keys('C-d')
    await window.shows('exit 0')
  })
})
