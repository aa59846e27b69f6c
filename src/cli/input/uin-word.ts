import { isUin, type Uin, uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

/** The account that the first word names; spaces and dashes do not count. @throws ImError BAD_UIN */
export function uinWord({ words: [word = ''] }: Context, hint?: string): Uin {
  const digits = uinDigits(word) ?? ''
  if (isUin(digits)) return digits
  throw new ImError('BAD_UIN', `${word} is no valid UIN.`, hint === undefined ? {} : { hint })
}
