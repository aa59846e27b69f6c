import { describe, expect, it } from 'vitest'
import { chooseNode, managerOf } from '../../../../src/cli/units/node-path.ts'

const HOME = '/home/ana'

/** A machine with these files; a value is what a link leads to. */
function machine(execPath: string, files: Record<string, string | null>, env: Record<string, string> = {}) {
  const all: Record<string, string | null> = { [execPath]: null, ...files }
  return {
    execPath,
    home: HOME,
    env,
    platform: 'linux' as const,
    realPath: (path: string) => (path in all ? (all[path] ?? path) : null),
    isUsable: async (path: string) => path in all,
  }
}

const VERSIONED = {
  nvm: `${HOME}/.nvm/versions/node/v22.1.0/bin/node`,
  fnm: `${HOME}/.local/share/fnm/node-versions/v22.1.0/installation/bin/node`,
  volta: `${HOME}/.volta/tools/image/node/22.1.0/bin/node`,
  asdf: `${HOME}/.asdf/installs/nodejs/22.1.0/bin/node`,
  mise: `${HOME}/.local/share/mise/installs/node/22.1.0/bin/node`,
  n: `${HOME}/n/versions/node/22.1.0/bin/node`,
  nodenv: `${HOME}/.nodenv/versions/22.1.0/bin/node`,
  Homebrew: '/opt/homebrew/Cellar/node/22.1.0/bin/node',
  Nix: '/nix/store/abc-nodejs-22.1.0/bin/node',
}

describe('the node a service runs', () => {
  it.each(Object.entries(VERSIONED))('is never the one of a version of %s', async (manager, path) => {
    expect(managerOf(path)).toBe(manager)
    const { argv, note } = await chooseNode(machine(path, {}, { PATH: '/a:/b' }))
    expect(argv).toEqual(['/usr/bin/env', 'node'])
    expect(note).toContain(manager)
  })

  it.each([
    ['volta', `${HOME}/.volta/bin/node`],
    ['asdf', `${HOME}/.asdf/shims/node`],
    ['mise', `${HOME}/.local/share/mise/shims/node`],
    ['fnm', `${HOME}/.local/share/fnm/aliases/default/bin/node`],
    ['nodenv', `${HOME}/.nodenv/shims/node`],
  ] as const)('is the lasting path of %s, where it has one', async (manager, shim) => {
    expect(await chooseNode(machine(VERSIONED[manager], { [shim]: VERSIONED[manager] }))).toMatchObject({
      argv: [shim],
      env: [],
      note: expect.stringContaining('default'),
    })
  })

  it("is nvm's default, through nvm's own program", async () => {
    const nvmExec = `${HOME}/.nvm/nvm-exec`
    expect(await chooseNode(machine(VERSIONED.nvm, { [nvmExec]: null }))).toMatchObject({
      argv: [nvmExec, 'node'],
      env: [['NODE_VERSION', 'default']],
    })
  })

  it('is that of the system before any of a version manager, which is said', async () => {
    const chosen = await chooseNode(
      machine(VERSIONED.fnm, { '/usr/bin/node': null, [`${HOME}/.local/share/fnm/aliases/default/bin/node`]: null }),
    )
    expect(chosen).toEqual({ argv: ['/usr/bin/node'], env: [], note: expect.stringContaining('/usr/bin/node') })
  })

  it('is the well-known path to the very node that runs, without a word', async () => {
    const link = { '/opt/homebrew/bin/node': VERSIONED.Homebrew }
    expect(await chooseNode(machine(VERSIONED.Homebrew, link))).toEqual({
      argv: ['/opt/homebrew/bin/node'],
      env: [],
      note: null,
    })
    expect(await chooseNode(machine('/usr/bin/node', {}))).toMatchObject({ argv: ['/usr/bin/node'], note: null })
  })

  it('stays what it is where nobody will take it away', async () => {
    expect(await chooseNode(machine('/opt/node-22/bin/node', { '/usr/bin/node': null }))).toEqual({
      argv: ['/opt/node-22/bin/node'],
      env: [],
      note: null,
    })
  })
})
