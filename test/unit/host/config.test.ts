import { readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig, setConfig, unsetConfig } from '../../../src/host/config.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function fileWith(text: string): Promise<string> {
  const path = join(await tempDir(), 'config.toml')
  await writeFile(path, text)
  return path
}

const PATTERNED = `# my relay
relay = "wss://old.example"   # the old one

# popups
[notify]
friends = false # too many
  preview = "full"

[other]
x = [1,
  2]
`

describe('reading the config', () => {
  it('of a file that is not there gives the defaults', async () => {
    const config = await readConfig(join(await tempDir(), 'config.toml'))
    expect(config.get('token-store')).toBe('auto')
    expect(config.get('relay')).toBeNull()
    expect(config.list()).toContainEqual(
      expect.objectContaining({ key: 'notify.friends', value: true, source: 'default' }),
    )
  })

  it('gives what the file says, and names the keys it does not know', async () => {
    const config = await readConfig(await fileWith(PATTERNED))
    expect(config.get('relay')).toBe('wss://old.example')
    expect(config.get('notify.friends')).toBe(false)
    expect(config.unknown).toEqual(['other.x'])
    expect(config.list()[0]).toEqual(expect.objectContaining({ value: 'wss://old.example', source: 'file' }))
  })

  it('of a broken file names file, line, column and the text, and changes nothing', async () => {
    const broken = 'relay = "ws://x"\nnotify.friends = yes\n'
    const path = await fileWith(broken)
    const error = expect.objectContaining({
      reason: 'bad-file',
      message: expect.stringMatching(/config\.toml:2:18: .*: notify\.friends = yes$/),
    })
    await expect(readConfig(path)).rejects.toThrow(error)
    await expect(setConfig(path, 'relay', 'ws://y')).rejects.toThrow(error)
    await expect(unsetConfig(path, 'relay')).rejects.toThrow(error)
    expect(await readFile(path, 'utf8')).toBe(broken)
  })

  it('refuses a value of another kind and says what would do', async () => {
    await expect(readConfig(await fileWith('[notify]\nfriends = "no"\n'))).rejects.toThrow(
      /notify\.friends is true or false, not "no"/,
    )
    await expect(readConfig(await fileWith('token-store = "safe"\n'))).rejects.toThrow(
      /token-store is auto or keychain or file, not "safe"/,
    )
  })
})

describe('changing the config', () => {
  it.each([
    ['relay', 'wss://new.example', ['relay = "wss://old.example"   #', 'relay = "wss://new.example"   #']],
    ['notify.friends', 'true', ['friends = false # too many', 'friends = true # too many']],
    ['notify.preview', 'none', ['  preview = "full"', '  preview = "none"']],
    ['notify.messages', 'false', ['  preview = "full"\n', '  preview = "full"\nmessages = false\n']],
    ['token-store', 'file', ['# the old one\n', '# the old one\ntoken-store = "file"\n']],
    ['presence.active', 'false', ['  2]\n', '  2]\n\n[presence]\nactive = false\n']],
  ])('sets %s in its one line and keeps every other byte', async (key, value, [from, to]) => {
    for (const crlf of [false, true]) {
      const lines = (text = '') => (crlf ? text.replaceAll('\n', '\r\n') : text)
      const path = await fileWith(lines(PATTERNED))
      await setConfig(path, key, value)
      expect(await readFile(path, 'utf8')).toBe(lines(PATTERNED).replace(lines(from), lines(to)))
    }
  })

  it('unsets by taking out the line; what is not set stays so', async () => {
    const path = await fileWith(PATTERNED)
    await unsetConfig(path, 'notify.friends')
    await unsetConfig(path, 'token-store')
    expect(await readFile(path, 'utf8')).toBe(PATTERNED.replace('friends = false # too many\n', ''))
  })

  it('makes the file and its directory when there is none', async () => {
    const path = join(await tempDir(), 'profile', 'config.toml')
    await setConfig(path, 'notify.friends', 'false')
    await setConfig(path, 'relay', 'ws://a"b\\')
    expect(await readFile(path, 'utf8')).toBe('relay = "ws://a\\"b\\\\"\n[notify]\nfriends = false\n')
    expect((await readConfig(path)).get('relay')).toBe('ws://a"b\\')
  })

  it('keeps a command word by word, replaces it in its line, and takes a program for the least', async () => {
    const path = await fileWith('')
    const command = ['ntfy', 'pub lish', '-t', 'a "b" # ] \\ $(id)']
    await setConfig(path, 'notify.command', 'first', ']')
    await setConfig(path, 'notify.command', ...command)
    expect((await readConfig(path)).get('notify.command')).toEqual(command)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3)
    const wants = /notify\.command is a list of texts: a program and its arguments/
    await expect(setConfig(path, 'notify.command', '')).rejects.toThrow(wants)
    await expect(readConfig(await fileWith('[notify]\ncommand = "ntfy"\n'))).rejects.toThrow(wants)
    await expect(readConfig(await fileWith('[notify]\ncommand = []\n'))).rejects.toThrow(wants)
    await expect(readConfig(await fileWith('terminal = ["xterm", 1]\n'))).rejects.toThrow(/terminal is a list/)
    await unsetConfig(path, 'notify.command')
    expect((await readConfig(path)).get('notify.command')).toBeNull()
  })

  it('refuses several words where one value is due, and a time that is none', async () => {
    const path = await fileWith('')
    await expect(setConfig(path, 'relay', 'ws://a', 'ws://b')).rejects.toThrow(/takes one value, not 2/)
    for (const value of ['10', '0m', 'soon', '-5m', '10m ']) {
      await expect(setConfig(path, 'notify.snooze', value)).rejects.toThrow(/a time such as 10m/)
    }
    await setConfig(path, 'notify.snooze', '1h')
    expect((await readConfig(path)).get('notify.snooze')).toBe('1h')
  })

  it('puts a top-level key before the first table and its comment', async () => {
    const path = await fileWith('# im\n\n# popups\n[notify]\nfriends = true\n')
    await setConfig(path, 'relay', 'ws://x')
    expect(await readFile(path, 'utf8')).toBe('# im\n\nrelay = "ws://x"\n# popups\n[notify]\nfriends = true\n')
  })

  it('finds a key however it is written', async () => {
    const path = await fileWith('"notify" . friends = true\n')
    await setConfig(path, 'notify.friends', 'false')
    expect(await readFile(path, 'utf8')).toBe('"notify" . friends = false\n')
  })

  it.each(['notify = { friends = true }\n', 'relay = """\nws://x"""\n[notify]\n', "x = '''\n[notify]\n'''\n"])(
    'leaves the file alone where one line is not enough: %j',
    async (text) => {
      const path = await fileWith(text)
      const key = text.startsWith('relay') ? 'relay' : 'notify.friends'
      await expect(setConfig(path, key, 'false')).rejects.toThrow(/please edit the file/)
      expect(await readFile(path, 'utf8')).toBe(text)
    },
  )

  it('writes through a link and leaves it a link', async () => {
    const dir = await tempDir()
    const real = await fileWith('relay = "ws://x"\n')
    const link = join(dir, 'config.toml')
    await symlink(real, link)
    await setConfig(link, 'relay', 'ws://y')
    expect(await readlink(link)).toBe(real)
    expect(await readFile(real, 'utf8')).toBe('relay = "ws://y"\n')
    expect(await readdir(dir)).toEqual(['config.toml'])
  })

  it('refuses an unknown key, and a value the key cannot have', async () => {
    const path = await fileWith('')
    const usage = expect.objectContaining({ reason: 'usage' })
    await expect(setConfig(path, 'notify.freinds', 'true')).rejects.toThrow(/There is no setting.*notify\.friends/)
    await expect(setConfig(path, '__proto__', 'true')).rejects.toThrow(usage)
    await expect(setConfig(path, 'notify.friends', 'maybe')).rejects.toThrow(usage)
    await expect(setConfig(path, 'token-store', 'pocket')).rejects.toThrow(usage)
    await expect(unsetConfig(path, 'nothing')).rejects.toThrow(usage)
    expect(await readFile(path, 'utf8')).toBe('')
  })
})
