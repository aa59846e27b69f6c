import type { Uin } from '../../domain/uin.ts'
import type { ImError } from '../../protocol/errors.ts'
import type { Envelope } from '../../protocol/records.ts'
import { type Core, knownOf, limitsOf, ownSession } from '../core.ts'
import { toImError } from '../errors.ts'
import { backupAdd } from '../handlers/backup-add.ts'
import type { OutboxItem } from '../mirror/rows.ts'
import { textOf } from '../mirror/texts.ts'
import { nameOf } from '../views/views.ts'

interface Refused {
  /** What was asked for, in words. */
  what: string
  text: string | null
  why: string
}

/** What is refused so soon after one another is told together. */
const TOGETHER_MS = 2_000
/** Texts that are told in full; the others stay in `im history` of this device. */
const MOST_TEXTS = 3
const SHORT_ID = 6

/**
 * Tells the owner, on every device, of what was kept here and refused by the relay later: as one reminder to oneself,
 * which roams, and stays due until somebody has dealt with it.
 */
export class Refusals {
  readonly #core: () => Core
  #refused: Refused[] = []
  #cancel: () => void = () => {}

  constructor(core: () => Core) {
    this.#core = core
  }

  add(item: OutboxItem, error: ImError): void {
    const core = this.#core()
    const asked = askedFor(core, item)
    if (asked === null) return
    this.#refused.push({ ...asked, why: `${error.message} [${error.code}]` })
    this.#cancel()
    this.#cancel = core.host.timers.after(TOGETHER_MS, () => void this.#tell(core))
  }

  /** The account has gone, or the daemon goes. */
  forget(): void {
    this.#cancel()
    this.#refused = []
  }

  async #tell(core: Core): Promise<void> {
    const refused = this.#refused
    this.#refused = []
    const text = told(core, refused)
    try {
      const reminder = { to: 'me', text, when: { in: '1s' }, action: 'remind' as const, dryRun: false }
      await backupAdd(core, reminder, ownSession())
    } catch (error) {
      core.host.log.error('refusal told on this device only', { code: toImError(error).code })
    }
  }
}

/** Null: nobody has to hear of it. */
function askedFor(core: Core, { call }: OutboxItem): Omit<Refused, 'why'> | null {
  const { texts } = core
  const notSent = (to: Uin, text: string | null) =>
    // A reminder of this kind that is refused itself is told nowhere: that could go on for ever.
    to === core.ledger.state.account?.uin ? null : { what: `Not sent to ${nameOf(knownOf(core), to)}`, text }
  switch (call.method) {
    case 'message.send': {
      const { id, to, content } = call.params
      return notSent(to, textOf(texts.queued(id, to, content)))
    }
    case 'backup.put': {
      const [added] = call.params.backups
      return added === undefined ? null : notSent(added.plan.to, textOf(texts.backup(added)))
    }
    case 'backup.edit':
    case 'backup.send':
      return changeOf(core, call.method === 'backup.edit' ? 'edit' : 'send', call.params.id, call.params.content)
    case 'backup.step':
      // How a command has ended is no wish of its owner.
      return call.params.step === 'ran' ? null : changeOf(core, call.params.step, call.params.id)
    default:
      return null
  }
}

/** A change of a backup that the relay has, or had. `content`: the text it would have been given. */
function changeOf(core: Core, verb: string, id: string, content?: Envelope): Omit<Refused, 'why'> {
  const record = core.ledger.state.backups.get(id)?.record
  const what = `Not done: im backup ${verb} ${id.slice(0, SHORT_ID)}`
  if (record === undefined) return { what, text: null }
  const { to } = record.plan
  const mine = to === core.ledger.state.account?.uin
  const text = textOf(core.texts.backup(content === undefined ? record : { ...record, content }))
  return { what: mine ? what : `${what}, to ${nameOf(knownOf(core), to)}`, text }
}

function told(core: Core, refused: readonly Refused[]): string {
  const lines = refused
    .slice(0, MOST_TEXTS)
    .map(({ what, text, why }) => `${what}: ${why}${text === null ? '' : `\n${text}`}`)
  const more = refused.length - MOST_TEXTS
  if (more > 0) lines.push(`And ${more} more: im backup list --all, im history WHO`)
  const { textBytes } = limitsOf(core)
  let text = lines.join('\n\n')
  while (Buffer.byteLength(text) > textBytes) text = [...text].slice(0, Math.floor(text.length / 2)).join('')
  return text
}
