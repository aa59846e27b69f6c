/** Health and metrics of a running relay, and the dashboard that shows them. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

async function relayWith(args: readonly string[], dataDir?: string): Promise<RelayProcess> {
  const relay = await startRelay(dataDir ?? (await tempDir()), args)
  onTestFinished(() => relay.kill())
  return relay
}

const health = (relay: RelayProcess, init?: RequestInit) => fetch(`${relay.url.replace('ws', 'http')}/healthz`, init)

it('a relay that takes changes is ok, for GET and HEAD and from any page; other paths stay as they are', async () => {
  const relay = await relayWith([])
  const got = await health(relay)
  expect([got.status, await got.text()]).toEqual([200, 'ok\n'])
  const head = await health(relay, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect((await health(relay, { headers: { origin: 'https://example.org' } })).status).toBe(200)
  expect((await health(relay, { method: 'POST' })).status).toBe(404)
  const other = await fetch(`${relay.url.replace('ws', 'http')}/`)
  expect([other.status, await other.text()]).toEqual([404, expect.stringContaining('It speaks WebSocket at /v1')])
})

it('one below its reserve of disk space says so in a word', async () => {
  const dir = await tempDir()
  const config = join(dir, 'relay.toml')
  await writeFile(config, `reserveBytes = ${2 ** 52}\n`)
  const got = await health(await relayWith(['--config', config]))
  expect([got.status, await got.text()]).toEqual([503, 'disk-full\n'])
})

/** Names of all samples, those of histograms as PromQL reads them. */
const namesIn = (text: string) =>
  new Set(text.split('\n').flatMap((line) => /^([a-z0-9_]+)(?=[ {])/.exec(line)?.[1] ?? []))

const number = (text: string, sample: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length) ?? Number.NaN,
  )

it('metrics count what the relay does, hold nothing of anybody, and the dashboard names no other', {
  timeout: 60_000,
}, async () => {
  const w = await world()
  const relay = await relayWith(['--metrics', '127.0.0.1:0'])
  const canary = 'Zimtstern4711'
  const env = { IM_RELAY: relay.url }
  const im = async (profile: string, args: readonly string[], input = '') => {
    const ran = await w.im(profile, args, { input, env })
    expect([ran.stderr, ran.code]).toEqual([expect.any(String), 0])
    return ran.stdout.trim()
  }
  const login = ['--password-stdin', '--token-store', 'file']
  const uin = await im('ana', ['register', '--nick', canary, ...login], `password ${canary}`)
  await im('ana', ['send', 'me', `text ${canary}`])
  await im('ana', ['backup', 'add', 'me', `draft ${canary}`, '--send', '--in', '1s', '--key', canary])
  await w.im('eve', ['login', uin, ...login], { input: 'a wrong one', env })

  const { metrics } = JSON.parse(relay.printed().split('\n')[0] ?? '') as { metrics: string }
  const read = async () => (await fetch(metrics)).text()
  const text = await eventually(async () => {
    const now = await read()
    expect(number(now, 'im_relay_fire_lateness_seconds_count')).toBe(1)
    expect(number(now, 'im_relay_transactions_waiting')).toBe(0)
    return now
  })
  expect(number(text, 'im_relay_sessions')).toBe(1)
  expect(number(text, 'im_relay_log_entries_total')).toBeGreaterThan(4)
  expect(number(text, 'im_relay_commit_seconds_count')).toBeGreaterThan(2)
  expect(number(text, 'im_relay_frames_total{way="in"}')).toBeGreaterThan(5)
  expect(number(text, 'im_relay_requests_total{method="message.send",outcome="ok"}')).toBe(1)
  expect(number(text, 'im_relay_logins_total{how="register",outcome="ok"}')).toBe(1)
  expect(number(text, 'im_relay_logins_total{how="password-start",outcome="ok"}')).toBe(1)
  expect(text).toMatch(/im_relay_fires_total\{by="(device|relay)",outcome="sent"\} 1/)

  const token = JSON.parse(await readFile(join(w.home, 'ana', 'data', 'token.json'), 'utf8')).token as string
  const mine = text.split('\n').filter((line) => line.includes('im_relay'))
  for (const secret of [canary, uin, token, '127.0.0.1'])
    expect(mine.filter((line) => line.includes(secret))).toEqual([])

  const dashboard = dashboardSchema.parse(JSON.parse(await readFile('docs/grafana-relay.json', 'utf8')))
  const known = namesIn(text)
  // Counters with labels are there once they have counted; what they are called stands above them.
  for (const [, name = ''] of text.matchAll(/^# TYPE ([a-z0-9_]+) /gm)) known.add(name)
  const used = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricNames(expr)))
  expect(used.filter((name) => !known.has(name))).toEqual([])
  // Every metric of ours is worth a panel, but the one that only names the version.
  const shown = new Set(used.map((name) => name.replace(/_bucket$/, '')))
  const ours = [...text.matchAll(/^# TYPE (im_[a-z_]+) /gm)].map(([, name = '']) => name)
  expect(ours.filter((name) => !shown.has(name))).toEqual(['im_relay_info'])
})

const metricNames = (expr: string): string[] =>
  [...expr.matchAll(/\b((?:im|nodejs|process)_[a-z0-9_]+)/g)].map(([, name = '']) => name)

/** What Grafana needs of a dashboard to import it, and we of ours: no panel that is bound to one installation. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable, not ours
const bound = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') })
const dashboardSchema = z.object({
  title: z.string().min(1),
  uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
  schemaVersion: z.number().int().min(36),
  id: z.never().optional(),
  templating: z.object({
    list: z
      .array(z.object({ name: z.string(), type: z.enum(['datasource', 'query']), query: z.unknown() }))
      .refine((list) =>
        list.some(({ name, type, query }) => name === 'datasource' && type === 'datasource' && query === 'prometheus'),
      ),
  }),
  time: z.object({ from: z.string(), to: z.string() }),
  panels: z
    .array(
      z.object({
        id: z.number().int(),
        type: z.enum(['timeseries', 'stat']),
        title: z.string().min(1),
        datasource: bound,
        gridPos: z
          .object({ x: z.number().int().min(0), y: z.number().int().min(0), w: z.number().int(), h: z.number().int() })
          .refine(({ x, w }) => x + w <= 24),
        fieldConfig: z.object({ defaults: z.object({ unit: z.string() }), overrides: z.array(z.unknown()) }),
        targets: z.array(z.object({ expr: z.string().min(1), refId: z.string().length(1), datasource: bound })).min(1),
      }),
    )
    .refine((panels) => new Set(panels.map(({ id }) => id)).size === panels.length),
})

it('metrics have a listener of their own: not the relay’s port, not for pages, nothing but /metrics', async () => {
  const dir = await tempDir()
  await expect(startRelay(dir, ['--listen', '127.0.0.1:7999', '--metrics', '7999'])).rejects.toThrow(/USAGE/)
  await expect(startRelay(dir, ['--metrics', 'nowhere'])).rejects.toThrow(/--metrics wants HOST:PORT/)
  const config = join(dir, 'relay.toml')
  await writeFile(config, 'metrics = "127.0.0.1:0"\n')
  const relay = await relayWith(['--config', config])
  const { metrics } = JSON.parse(relay.printed().split('\n')[0] ?? '') as { metrics: string }
  expect((await fetch(metrics)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect((await fetch(metrics, { headers: { origin: 'https://example.org' } })).status).toBe(403)
  expect((await fetch(metrics.replace('/metrics', '/'))).status).toBe(404)
  expect((await fetch(`${relay.url.replace('ws', 'http')}/metrics`)).status).toBe(404)
  const taken = new URL(metrics).host
  await expect(startRelay(await tempDir(), ['--metrics', taken])).rejects.toThrow(/IO.*Cannot listen on .* for metrics/)
})
