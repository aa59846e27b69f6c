import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { helpText, isHelpName } from '../help/help.ts'
import { TOPICS } from '../help/topics.ts'

/** `backup` is a topic and a noun: the topic first, then the verbs. */
export async function run({ out, words }: Context): Promise<number> {
  const name = words.join(' ') === 'exit codes' ? 'exit-codes' : words.join(' ')
  const topic = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined
  if (name !== '' && topic === undefined && !isHelpName(name)) {
    throw new ImError('USAGE', `there is no help on "${name}"`, {
      hint: `topics: ${Object.keys(TOPICS).join(', ')}; or a verb of im help`,
    })
  }
  const parts = [topic?.text(), name === '' ? helpText(null) : isHelpName(name) ? helpText(name) : undefined]
  out.lines(
    parts
      .filter((part) => part !== undefined)
      .join('\n')
      .trimEnd(),
  )
  return 0
}
