import type { Uin } from '../domain/uin.ts'
import type { ImError } from '../protocol/errors.ts'
import { type Core, knownOf, limitsOf, ownSession } from './core.ts'
import { toImError } from './errors.ts'
import { backupAdd } from './handlers/backup-add.ts'
import type { OutboxItem } from './rows.ts'
import { textOf } from './texts.ts'
import { nameOf } from './views.ts'

interface Refused {
  to: Uin
  text: string | null
  why: string
}

/** What is refused so soon after one another is told together. */
const TOGETHER_MS = 2_000
/** Texts that are told in full; the others stay in `im history` of this device. */
const MOST_TEXTS = 3

/**
 * Tells the owner, on every device, of texts that were kept here and that the relay refused later: as one reminder to
 * oneself, which roams, and stays due until somebody has dealt with it.
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
    const lost = lostText(core, item)
    // A reminder of this kind that is refused itself is told nowhere: that could go on for ever.
    if (lost === null || lost.to === core.ledger.state.account?.uin) return
    this.#refused.push({ ...lost, why: error.message })
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

/** What would have reached somebody; null: the call carried no new text. */
function lostText(core: Core, { call }: OutboxItem): Omit<Refused, 'why'> | null {
  const { texts } = core
  if (call.method === 'message.send') {
    const { id, to, content } = call.params
    return { to, text: textOf(texts.queued(id, to, content)) }
  }
  const added = call.method === 'backup.put' ? call.params.backups[0] : undefined
  return added === undefined ? null : { to: added.plan.to, text: textOf(texts.backup(added)) }
}

function told(core: Core, refused: readonly Refused[]): string {
  const lines = refused.slice(0, MOST_TEXTS).map(({ to, text, why }) => {
    const name = nameOf(knownOf(core), to)
    return `Not sent to ${name}: ${why}${text === null ? '' : `\n${text}`}`
  })
  const more = refused.length - MOST_TEXTS
  if (more > 0) lines.push(`And ${more} more: im backup list --all, im history WHO`)
  const { textBytes } = limitsOf(core)
  let text = lines.join('\n\n')
  while (Buffer.byteLength(text) > textBytes) text = [...text].slice(0, Math.floor(text.length / 2)).join('')
  return text
}
