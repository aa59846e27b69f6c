/** What people write on a backup: when it comes due, what gates it, what is done. Some of it is refused, as with people. */
import type { ActionParams, PolicyParams, WhenParams } from '../../src/protocol/local-params.ts'
import type { Dice } from './dice.ts'

export interface Drawn {
  when: WhenParams
  policy?: PolicyParams
  action: ActionParams['action']
  countdown?: string
}

/** Whose backup it is, for whom, and who else is there. */
export interface Circle {
  owner: string
  to: string
  others: readonly string[]
  /** What the clock of the terminal shows. */
  wall: number
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

const seconds = (dice: Dice, low: number, high: number) => `${dice.int(low, high)}s`

/** A span of the clock that begins some hours before or after now; it may pass midnight. */
export function drawSpan(dice: Dice, wall: number): string {
  const now = Math.floor(wall / MINUTE_MS)
  const from = now + dice.int(-300, 180)
  const clock = (minute: number) => {
    const ofDay = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES
    return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`
  }
  return `${clock(from)}-${clock(from + dice.int(1, 600))}`
}

export function drawWhen(dice: Dice, circle: Circle): WhenParams {
  const { owner, to, others } = circle
  const soon = { in: dice.chance(80) ? seconds(dice, 1, 90) : `${dice.int(1, 60)}h` }
  const from = { whenMessageFrom: [others.length === 0 ? to : dice.pick(others)] }
  const again = dice.chance(40) ? { repeat: true, count: dice.int(1, 3) } : {}
  const presence = (when: WhenParams): WhenParams => (to === owner ? soon : when)
  const kinds = {
    time: () => soon,
    online: () => presence({ whenOnline: true }),
    signon: () => presence({ nextSignon: true, ...again }),
    turn: () => presence({ [dice.pick(['nextSignoff', 'nextAway', 'nextBack'])]: true, ...again }),
    message: () => ({ ...from, ...again }),
    words: () => ({ ...from, matching: 'alpha' }),
    send: () => ({
      ...(others.length > 0 && dice.chance(50) ? { onSendTo: [dice.pick(others)] } : { onSend: true }),
      ...again,
    }),
    read: () => presence({ whenRead: true }),
    both: () => ({ ...soon, ...from, any: dice.chance(50) }),
    every: () => ({ every: dice.chance(70) ? '* * * * *' : 'day 9am', count: dice.int(1, 4) }),
    manual: () => ({}),
  }
  const weights = {
    time: 36,
    online: 10,
    signon: 8,
    turn: 8,
    message: 10,
    words: 8,
    send: 8,
    read: 5,
    both: 9,
    every: 9,
    manual: 4,
  } satisfies Record<keyof typeof kinds, number>
  return kinds[dice.weighed(weights)]()
}

function drawPolicy(dice: Dice, { owner, to, wall }: Circle, action: Drawn['action']): PolicyParams {
  const kinds = {
    window: () => ({ between: drawSpan(dice, wall) }),
    days: () => ({ days: dice.pick(['mon-fri', 'sat,sun', 'mon,tue']) }),
    else: () => ({ elseAt: seconds(dice, 20, 120) }),
    expires: () => ({ expires: dice.chance(70) ? seconds(dice, 30, 200) : `${dice.int(1, 60)}h` }),
    unless: () => (to === owner ? {} : { unlessReply: dice.pick(['cancel', 'hold', 'remind'] as const) }),
    me: () => ({ onlyIfIAm: dice.pick(['away', 'offline'] as const) }),
    late: () => ({
      grace: dice.pick(['5s', '1m', '2h']),
      ifLate: dice.pick(action === 'send' ? (['send', 'remind', 'drop'] as const) : (['remind', 'drop'] as const)),
    }),
  }
  const weights = { window: 20, days: 6, else: 16, expires: 14, unless: 20, me: 8, late: 24 }
  return kinds[dice.weighed(weights)]()
}

/** A whole plan: half of them have something beside their moment. */
export function drawPlan(dice: Dice, circle: Circle): Drawn {
  const action = dice.chance(75) ? 'send' : 'remind'
  const when = drawWhen(dice, circle)
  const policy = { ...(dice.chance(45) ? drawPolicy(dice, circle, action) : {}) }
  if (dice.chance(15)) Object.assign(policy, drawPolicy(dice, circle, action))
  const countdown = action === 'send' && dice.chance(8) ? { countdown: seconds(dice, 1, 30) } : {}
  return { when, ...(Object.keys(policy).length > 0 ? { policy } : {}), action, ...countdown }
}
