/** A terminal that is new to an account with 10,000 backups: `im login`, until `im backup list` shows them all. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Figure } from './figure.ts'
import { LOGIN, PASSWORD, type Playground, playground } from './playground.ts'

const COUNT = 10_000
const RUNS = 5
const AT = '2030-01-01T09:00:00Z'

const line = (_: unknown, n: number): string =>
  JSON.stringify({ to: 'me', text: `thing ${n}`, trigger: { conditions: [{ kind: 'time', at: AT }] } })

interface Fresh {
  /** Milliseconds of `im login`, the start of its daemon included. */
  login: number
  /** With the list of all ids after it. */
  complete: number
  /** With a list of all texts in place of that, each of them opened for the first time. */
  read: number
}

/** @throws Error when the list is not complete */
function freshLogin({ im }: Playground, uin: string, backups: number): Fresh {
  const there = ['--profile', `fresh-${randomBytes(4).toString('hex')}`]
  const start = performance.now()
  try {
    im([...there, 'login', uin, ...LOGIN], PASSWORD)
    const login = performance.now() - start
    const listed = im([...there, 'backup', 'list', '-q'])
      .trimEnd()
      .split('\n').length
    const complete = performance.now() - start
    const shown = im([...there, 'backup', 'list']).match(/\bthing \d+$/gm)?.length
    const read = login + performance.now() - start - complete
    if (listed !== backups || shown !== backups) throw new Error(`${listed}, ${shown} of ${backups} after the login`)
    return { login, complete, read }
  } finally {
    im([...there, 'daemon', 'stop'])
  }
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export async function login(): Promise<Figure[]> {
  const place = await playground({ relayToml: 'loginsPerMinute = 1000\n[limits]\nbackupsPerFriend = 20000\n' })
  try {
    const { uin } = JSON.parse(place.im(['whoami', '--json'])) as { uin: string }
    const few = place.im(['backup', 'list', '-q']).trimEnd().split('\n').length
    const measure = (backups: number) => Array.from({ length: RUNS }, () => freshLogin(place, uin, backups))
    const before = measure(few)
    const file = join(place.home, 'backups.jsonl')
    await writeFile(file, Array.from({ length: COUNT }, line).join('\n'))
    place.im(['backup', 'import', file])
    await place.stored()
    const after = measure(few + COUNT)
    const figure = (name: string, of: (one: Fresh) => number, goal: string): Figure => {
      const [value, yardstick] = [median(after.map(of)), median(before.map(of))]
      const beside = { name: `with ${few} backups`, value: yardstick }
      return { name, unit: 'ms', value, yardstick: beside, ratio: value / yardstick, goal }
    }
    return [
      figure(`fresh login with ${few + COUNT} backups, all listed`, (one) => one.complete, '<= 2,000 ms'),
      figure('of which im login', (one) => one.login, ''),
      figure('fresh login, all listed with their texts', (one) => one.read, ''),
    ]
  } finally {
    await place.close()
  }
}
