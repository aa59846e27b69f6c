import { ImError } from '../../protocol/errors.ts'

/** The value, if it is one of the choices. @throws ImError USAGE that lists them. */
export function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === value)
  if (chosen !== undefined) return chosen
  throw new ImError('USAGE', `${name} cannot be "${value}"`, { hint: `one of: ${choices.join(', ')}` })
}

/** The same for a list with commas. */
export function someOf<Choice extends string>(name: string, list: string, choices: readonly Choice[]): Choice[] {
  return list.split(',').map((value) => oneOf(name, value.trim(), choices))
}
