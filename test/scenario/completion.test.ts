/** What TAB does, in the real shells: each in a terminal of its own, as a person sees it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SELF } from '../support/cli.ts'
import { lacks } from '../support/real-parts.ts'
import { type World, world } from '../support/world.ts'

/** How each shell is started without a person's own settings. */
const START = {
  bash: ['bash', '--norc', '--noprofile'],
  zsh: ['zsh', '-f'],
  fish: ['fish', '--no-config'],
} as const
type Shell = keyof typeof START

interface Terminal {
  /** Where it stands. */
  directory: string
  type(...keys: string[]): void
  screen(): string
}

/** A shell in a terminal, with an `im` that has all the time a busy machine needs. */
function terminal(shell: Shell, { home }: Pick<World, 'home'>): Terminal {
  const bin = mkdtempSync(join(tmpdir(), 'im-tab-'))
  const im = join(bin, 'im')
  writeFileSync(im, `#!/bin/sh\nexec '${SELF[0]}' '${SELF[1]}' --timeout 20s "$@"\n`)
  chmodSync(im, 0o755)
  const socket = join(bin, 'tmux')
  const own = { IM_HOME: home, IM_PROFILE: 'ana', PATH: `${bin}:${process.env.PATH}`, HOME: bin, PS1: '> ' }
  const env = { ...process.env, ...own }
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { env }).toString()
  tmux('new-session', '-d', '-x', '100', '-y', '30', '-c', bin, '--', ...START[shell])
  onTestFinished(() => {
    tmux('kill-server')
    rmSync(bin, { recursive: true, force: true })
  })
  return {
    directory: bin,
    type: (...keys) => void tmux('send-keys', ...keys),
    screen: () => tmux('capture-pane', '-p'),
  }
}

const SOURCE: Readonly<Record<Shell, string>> = {
  bash: 'source <(im completion bash); clear; echo rea""dy',
  zsh: 'source <(im completion zsh); clear; echo rea""dy',
  fish: 'im completion fish | source; clear; echo rea""dy',
}

async function ready(shell: Shell, where: World): Promise<Terminal> {
  const made = terminal(shell, where)
  made.type(SOURCE[shell], 'Enter')
  await expect.poll(made.screen).toContain('ready')
  return made
}

describe.each(['bash', 'zsh', 'fish'] as const)('TAB in %s', (shell) => {
  it.skipIf(lacks(shell, 'tmux'))(
    'knows verbs, flags, values, friends and backups, and runs no name',
    async () => {
      const one = await world()
      const [ana, bo] = [await one.register('ana'), await one.register('bo')]
      await one.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
      const alias = await one.im('ana', ['friend', 'alias', bo, 'zo $(touch pwned)`touch pwned`'])
      expect(alias.code).toBe(0)
      const id = (await one.im('ana', ['backup', 'add', bo, 'x', '--when-online'])).stdout.trim()
      const { directory, screen, type } = await ready(shell, one)
      const completes = async (typed: string, shown: string) => {
        type('C-u')
        type('-l', typed)
        type('Tab')
        await expect.poll(screen).toContain(shown)
      }
      await completes('im backup sho', 'im backup show')
      await completes('im backup list --sta', 'im backup list --state')
      await completes('im backup edit x --if-late rem', '--if-late remind')
      await completes(`im backup show ${id.slice(0, 4)}`, `im backup show ${id}`)
      await completes('im send z', 'touch')
      type('-l', ' ')
      type('Tab')
      await completes('im whoa', 'im whoami')
      expect(existsSync(join(directory, 'pwned'))).toBe(false)
    },
    120_000,
  )
})

describe('im completion install', () => {
  const env = (home: string, shell: string) => ({ HOME: home, SHELL: `/usr/bin/${shell}`, IM_NO_AUTOSTART: '1' })

  it.each([
    ['bash', '.local/share/bash-completion/completions/im', []],
    ['zsh', '.local/share/im/completion.zsh', ['.zshrc']],
    ['fish', '.config/fish/completions/im.fish', []],
  ] as const)('puts it where %s looks, once', (shell, path, others) => {
    const home = mkdtempSync(join(tmpdir(), 'im-tab-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const install = () =>
      execFileSync(SELF[0], [SELF[1], 'completion', 'install', '--json'], { env: env(home, shell) }).toString()
    const files = [path, ...others].map((name) => join(home, name))
    expect(JSON.parse(install())).toEqual({
      v: 1,
      shell,
      files: files.map((file) => ({ path: file, change: 'written' })),
    })
    const before = files.map((file) => readFileSync(file, 'utf8'))
    expect(JSON.parse(install()).files).toEqual(files.map((file) => ({ path: file, change: 'unchanged' })))
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before)
    const script = execFileSync(SELF[0], [SELF[1], 'completion', shell]).toString()
    expect(readFileSync(join(home, path), 'utf8')).toBe(script)
  })

  it('leaves alone what somebody else has put there, and says which shells it knows', () => {
    const home = mkdtempSync(join(tmpdir(), 'im-tab-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const path = join(home, '.config/fish/completions/im.fish')
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, 'complete -c im -a mine\n')
    const install = (shell: string) =>
      execFileSync(SELF[0], [SELF[1], 'completion', 'install'], { env: env(home, shell), stdio: 'pipe' })
    expect(() => install('fish')).toThrow('BAD_FILE')
    expect(readFileSync(path, 'utf8')).toBe('complete -c im -a mine\n')
    expect(() => install('tcsh')).toThrow('no completion for tcsh')
  })
})
