import { install, shellOf } from '../completion/install.ts'
import type { Context } from '../context.ts'

/** What is to be done by hand, and when it works. */
const AFTER = {
  bash: 'from the next shell on, if the package bash-completion is there; else add to ~/.bashrc: source <(im completion bash)',
  zsh: 'from the next shell on',
  fish: 'from now on',
} as const

export async function run({ io, out }: Context): Promise<number> {
  const shell = shellOf(io.env)
  const files = await install(shell, io.env)
  const view = { v: 1 as const, shell, files }
  const lines = files.map(({ path, change }) => `${change}: ${path}`)
  await out.said(view, {
    id: files[0]?.path ?? null,
    text: () => [...lines, `im <TAB> works in ${shell} ${AFTER[shell]}`].join('\n'),
  })
  return 0
}
