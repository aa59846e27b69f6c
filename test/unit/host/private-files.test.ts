import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ensurePrivateDir } from '../../../src/host/private-dir.ts'
import { readPrivateFile, readPrivateJson, writePrivateFile } from '../../../src/host/private-file.ts'
import { tempDir } from '../../support/temp-dir.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777
const insecure = expect.objectContaining({ reason: 'insecure' })
const badFile = expect.objectContaining({ reason: 'bad-file' })

/** Runs as if this process belonged to somebody else. */
function asAnotherUser<T>(run: () => T): T {
  const uid = process.getuid?.() ?? 0
  const getuid = vi.spyOn(process as { getuid: () => number }, 'getuid').mockReturnValue(uid + 1)
  try {
    return run()
  } finally {
    getuid.mockRestore()
  }
}

describe('a private directory', () => {
  it('is made 0700 with all its parents', async () => {
    const top = await tempDir()
    ensurePrivateDir(join(top, 'a', 'b'))
    expect([await modeOf(join(top, 'a')), await modeOf(join(top, 'a', 'b'))]).toEqual([0o700, 0o700])
  })

  it('is refused where a file system takes none, and as long as its parents are a file', async () => {
    const refused = expect.objectContaining({ reason: 'usage', message: 'No directory can be made in /proc.' })
    expect(() => ensurePrivateDir('/proc/im')).toThrow(refused)
    expect(() => ensurePrivateDir('/proc/im/relay')).toThrow(refused)
    const file = join(await tempDir(), 'file')
    await writeFile(file, '')
    expect(() => ensurePrivateDir(join(file, 'a', 'b'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  it('is narrowed when others may enter it', async () => {
    const dir = join(await tempDir(), 'wide')
    await mkdir(dir)
    await chmod(dir, 0o755)
    ensurePrivateDir(dir)
    expect(await modeOf(dir)).toBe(0o700)
  })

  it('is refused when it is a link, also one to a directory of ours', async () => {
    const top = await tempDir()
    await mkdir(join(top, 'real'))
    await symlink(join(top, 'real'), join(top, 'link'))
    expect(() => ensurePrivateDir(join(top, 'link'))).toThrow(insecure)
  })

  it('is refused when it belongs to another user', async () => {
    const dir = await tempDir()
    expect(() => asAnotherUser(() => ensurePrivateDir(dir))).toThrow(insecure)
  })
})

describe('a private file', () => {
  it('is written 0600, read back, and leaves nothing beside it', async () => {
    const dir = await tempDir()
    const path = join(dir, 'f')
    await writePrivateFile(path, 'one')
    await writePrivateFile(path, 'two 雪')
    expect(await modeOf(path)).toBe(0o600)
    expect(await readPrivateFile(path, 100)).toBe('two 雪')
    expect(await readdir(dir)).toEqual(['f'])
  })

  it('that is not there reads as null', async () => {
    expect(await readPrivateFile(join(await tempDir(), 'none'), 100)).toBeNull()
  })

  it('keeps its old content, and no rest, when the new cannot be put in place', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'taken', 'full'), { recursive: true })
    await expect(writePrivateFile(join(dir, 'taken'), 'x')).rejects.toThrow()
    expect(await readdir(dir)).toEqual(['taken'])
  })

  it('is replaced, not written into: who holds the old one open sees the old content', async () => {
    const path = join(await tempDir(), 'f')
    await writeFile(path, 'old')
    const before = (await stat(path)).ino
    await writePrivateFile(path, 'new')
    expect((await stat(path)).ino).not.toBe(before)
  })

  it('is refused where a file system takes none, and as long as its parents are a file', async () => {
    const refused = expect.objectContaining({ reason: 'usage', message: 'No directory can be made in /proc.' })
    expect(() => ensurePrivateDir('/proc/im')).toThrow(refused)
    expect(() => ensurePrivateDir('/proc/im/relay')).toThrow(refused)
    const file = join(await tempDir(), 'file')
    await writeFile(file, '')
    expect(() => ensurePrivateDir(join(file, 'a', 'b'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  it('is narrowed when others may read it', async () => {
    const path = join(await tempDir(), 'f')
    await writeFile(path, 'x', { mode: 0o644 })
    await readPrivateFile(path, 10)
    expect(await modeOf(path)).toBe(0o600)
  })

  it('is refused when it is a link, a pipe, or of another user', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'real'), 'x')
    await symlink(join(dir, 'real'), join(dir, 'link'))
    execFileSync('mkfifo', [join(dir, 'pipe')])
    await expect(readPrivateFile(join(dir, 'link'), 10)).rejects.toThrow(insecure)
    await expect(readPrivateFile(join(dir, 'pipe'), 10)).rejects.toThrow(insecure)
    await expect(readPrivateFile(dir, 10)).rejects.toThrow(insecure)
    await chmod(join(dir, 'real'), 0o600)
    const foreign = vi
      .spyOn(process as { getuid: () => number }, 'getuid')
      .mockReturnValue((process.getuid?.() ?? 0) + 1)
    await expect(readPrivateFile(join(dir, 'real'), 10)).rejects.toThrow(insecure)
    foreign.mockRestore()
  })

  it('over its size, not UTF-8, or only half there says so and names itself', async () => {
    const path = join(await tempDir(), 'token.json')
    await writeFile(path, '{"token":"s3cret"}')
    await expect(readPrivateFile(path, 17)).rejects.toThrow(badFile)
    await writeFile(path, '{"token":"s3cr')
    await expect(readPrivateJson(path, 100)).rejects.toThrow(badFile)
    await expect(readPrivateJson(path, 100)).rejects.toThrow(path)
    await expect(readPrivateJson(path, 100)).rejects.not.toThrow('s3cr')
    await writeFile(path, Buffer.from([0x22, 0xff, 0x22]))
    await expect(readPrivateJson(path, 100)).rejects.toThrow(badFile)
    expect(await readFile(path)).toHaveLength(3)
  })
})
