import { SCRIPTS } from '../completion/shells.ts'
import type { Context } from '../context.ts'

export async function run({ out }: Context): Promise<number> {
  out.lines(SCRIPTS.bash.trimEnd())
  return 0
}
