import type { VerbSpec } from './verb.ts'

export const completionVerbs: readonly VerbSpec[] = [
  {
    name: 'completion install',
    words: '',
    summary: 'put the script where your shell finds it',
    example: 'im completion install',
    load: () => import('../commands/completion-install.ts'),
  },
  {
    name: 'completion bash',
    words: '',
    summary: 'the script for bash',
    example: 'im completion bash',
    load: () => import('../commands/completion-bash.ts'),
  },
  {
    name: 'completion zsh',
    words: '',
    summary: 'the script for zsh',
    example: 'im completion zsh',
    load: () => import('../commands/completion-zsh.ts'),
  },
  {
    name: 'completion fish',
    words: '',
    summary: 'the script for fish',
    example: 'im completion fish',
    load: () => import('../commands/completion-fish.ts'),
  },
  {
    name: 'completion answer',
    words: 'SHELL',
    summary: 'what may stand at the end of the words after --; the scripts ask this',
    example: 'im completion answer bash -- backup li',
    command: true,
    hidden: true,
    load: () => import('../commands/completion-answer.ts'),
  },
]
