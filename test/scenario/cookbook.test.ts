/** Every recipe of docs/cookbook.md is run by bash, as a reader would, against a real relay and daemon. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { SELF } from '../support/cli.ts'
import { lacks } from '../support/real-parts.ts'
import { world } from '../support/world.ts'

const PAGE = readFileSync(new URL('../../docs/cookbook.md', import.meta.url), 'utf8')

/** Title and script of each. */
const RECIPES = PAGE.split(/^## /m)
  .slice(1)
  .map((part) => ({ title: part.split('\n')[0] ?? '', script: /^```sh\n(.*?)^```$/ms.exec(part)?.[1] ?? '' }))

/** What the other side has to have got by the end. */
const ARRIVED = [
  'build 4711 is green',
  'the deploy starts now',
  'stand-up in 30 minutes',
  'parser: read empty lines',
  'good that you are here',
]

it.skipIf(lacks('bash', 'fzf', 'git', 'jq'))(
  'every recipe works, and what it sends arrives',
  async () => {
    expect(RECIPES.length).toBeGreaterThanOrEqual(20)
    expect(RECIPES.filter(({ script }) => script === '')).toEqual([])
    const { befriend, home, im, register, relayUrl } = await world()
    const [ana, bo] = [await register('ana'), await register('bo')]
    await befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
    await im('bo', ['status', 'online'])
    await im('bo', ['send', ana, 'where are you?', '--wait', '--timeout', '20s'])

    const bin = join(home, 'bin')
    mkdirSync(bin)
    symlinkSync(SELF[1], join(bin, 'im'))
    const env = {
      ...{ PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: home, TZ: 'UTC', LANG: 'C.UTF-8' },
      ...{ IM_HOME: home, IM_PROFILE: 'ana', IM_RELAY: relayUrl },
    }
    const said = new Map<string, string>()
    for (const { title, script } of RECIPES) {
      const cwd = join(home, 'cookbook', title.replaceAll(/\W+/g, '-'))
      mkdirSync(cwd, { recursive: true })
      const ran = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env, cwd })
      said.set(title, (await ran.catch((error) => Promise.reject(new Error(`${title}: ${error.message}`)))).stdout)
    }
    expect(said.get('Do something with every message')).toBe('where are you?\n')
    expect(said.get('A hundred reminders at once')).toContain('100 added')
    expect(said.get('What waits, as a table of your own')).toContain('you have the pager')
    expect(said.get('A status line for tmux')).toMatch(/^\d+ unread, 0 due\n$/)
    const waiting = (await im('ana', ['backup', 'list', '--json'])).json.map(({ text }) => text)
    expect(waiting).toEqual(expect.arrayContaining(['Ada has birthday', 'Grace has birthday', 'the tea is ready']))
    expect(waiting).not.toContain('call the plumber')
    const inbox = (await im('bo', ['inbox', '--json'])).json.map(({ text }) => String(text))
    for (const text of ARRIVED) expect(inbox.filter((one) => one.includes(text))).toHaveLength(1)
  },
  180_000,
)
