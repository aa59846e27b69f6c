import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

describe('on the command line', () => {
  it('a series is added, paused, resumed, skipped and cancelled; a contradiction is refused', async () => {
    const { im, register } = await world()
    await register('ana')
    const added = await im('ana', ['remind', 'tea', '--every', 'day 9am', '--count', '3', '--tz', 'UTC', '--json'])
    const [series] = added.json
    expect(series).toMatchObject({
      state: 'armed',
      standIn: true,
      trigger: { conditions: [{ kind: 'every', rule: 'day 09:00', zone: 'UTC', count: 3, done: 0 }] },
    })
    const id = String(series?.id)
    for (const [verb, state] of [
      [['pause', id], 'held'],
      [['resume', id], 'armed'],
      [['skip', id, '1'], 'armed'],
      [['cancel', id], 'cancelled'],
    ] as const) {
      expect((await im('ana', ['backup', ...verb, '--json'])).json[0]).toMatchObject({ state })
    }
    expect(await im('ana', ['remind', 'tea', '--every', '0 days 9am'])).toMatchObject({ code: 2 })
    expect(await im('ana', ['backup', 'add', 'me', 'x', '--when-read'])).toMatchObject({ code: 7 })
    expect(await im('ana', ['quiet', '22:00-07:00'])).toMatchObject({ code: 0 })
    expect(await im('ana', ['quiet', '22:00-22:00'])).toMatchObject({ code: 2 })
    const dry = await im('ana', ['remind', 'tea', '--every', 'mon 9am', '--dry-run', '--json'])
    expect(dry.json[0]?.next).toHaveLength(5)
  })

  it('a command runs here alone, only once it is allowed, and the text adds no argument', async () => {
    const { im, register } = await world()
    await register('ana')
    const out = join(await tempDir(), 'seen')
    const script = `require('fs').writeFileSync(${JSON.stringify(out)}, JSON.stringify([process.argv.length, require('fs').readFileSync(0, 'utf8')]))`
    const hostile = '$(touch x) "; --version `id`'
    const add = ['backup', 'add', 'me', hostile, '--in', '1s', '--run', '--', process.execPath, '-e', script]
    expect(await im('ana', add)).toMatchObject({ code: 2 })
    await im('ana', ['config', 'set', 'run.enabled', 'true'])
    await im('ana', ['daemon', 'restart'])
    const added = await im('ana', add)
    expect(added.code).toBe(0)
    const id = added.stdout.trim()
    await eventually(async () =>
      expect((await im('ana', ['backup', 'show', id, '--json'])).json[0]).toMatchObject({ state: 'sent' }),
    )
    const [argc, input] = JSON.parse(await readFile(out, 'utf8')) as [number, string]
    expect(argc).toBe(1)
    expect(JSON.parse(input)).toMatchObject({ id, text: hostile, action: 'run' })
    const shown = (await im('ana', ['backup', 'show', id, '--json'])).json[0]
    expect(shown).toMatchObject({ occurrences: [{ n: 1, outcome: 'ran' }] })
  })
})
