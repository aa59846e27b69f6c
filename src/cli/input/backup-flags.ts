/** The flags of a backup (when, policy, action) as the daemon takes them. */
import { ImError } from '../../protocol/errors.ts'
import type { ActionParams, PolicyParams, WhenParams } from '../../protocol/local-params.ts'
import type { Context } from '../context.ts'
import { POLICY_FLAGS, WHEN_FLAGS } from '../tree/backup.ts'
import type { FlagName, Flags } from '../tree/flags.ts'
import { oneOf } from './one-of.ts'

/** The flags among these that were given, under their own names. */
function given<F extends FlagName>(flags: Flags, names: readonly F[]): Pick<Flags, F> {
  return Object.fromEntries(names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]))) as Pick<
    Flags,
    F
  >
}

/** The when flags of this command line, as the daemon takes them. */
export function whenOf(flags: Flags): WhenParams {
  return given(flags, WHEN_FLAGS)
}

export function hasWhen(flags: Flags): boolean {
  return WHEN_FLAGS.some((flag) => flags[flag] !== undefined)
}

/** Null: none of them was given. */
export function policyOf(flags: Flags): PolicyParams | null {
  if (POLICY_FLAGS.every((flag) => flags[flag] === undefined)) return null
  const { unlessReply, onlyIfIAm, ifLate } = flags
  return {
    ...given(flags, ['between', 'days', 'elseAt', 'expires', 'grace']),
    ...(unlessReply !== undefined && {
      unlessReply: oneOf('--unless-reply', unlessReply, ['cancel', 'hold', 'remind'] as const),
    }),
    ...(onlyIfIAm !== undefined && { onlyIfIAm: oneOf('--only-if-i-am', onlyIfIAm, ['away', 'offline'] as const) }),
    ...(ifLate !== undefined && { ifLate: oneOf('--if-late', ifLate, ['send', 'remind', 'drop'] as const) }),
  }
}

/** What is to be done; undefined when no flag says so. */
export function actionOf({ flags, command }: Pick<Context, 'flags' | 'command'>): ActionParams | undefined {
  const kinds = (['remind', 'send', 'run'] as const).filter((flag) => flags[flag])
  const [kind, other] = kinds
  if (other !== undefined) throw new ImError('USAGE', `--${kind} and --${other} exclude each other`)
  if (kind === 'run' && command.length === 0) {
    throw new ImError('USAGE', '--run needs a command', { hint: 'im backup add WHO TEXT --run -- CMD ARG' })
  }
  if (kind === undefined && flags.countdown === undefined) return undefined
  if (kind !== undefined && kind !== 'send' && flags.countdown !== undefined) {
    throw new ImError('USAGE', '--countdown is for what is sent', { hint: 'add --send' })
  }
  return {
    action: kind ?? 'send',
    ...(flags.countdown !== undefined && { countdown: flags.countdown }),
    ...(kind === 'run' && { command: [...command] }),
  }
}
