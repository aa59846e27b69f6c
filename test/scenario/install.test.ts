/** `im daemon install` with a service manager that does what systemd does with the unit: it reads it, and runs it. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SELF } from '../support/cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'

/** Runs ExecStart with Environment as systemd reads them, and does not start twice; what it was asked is in calls. */
const SYSTEMCTL = `#!/bin/bash
[ "$1" = --user ] && shift
echo "$*" >>"$FAKE/calls"
[ -e "$FAKE/broken" ] && { echo 'Failed to connect to bus: No medium found' >&2; exit 1; }
unit=\${!#}
file="$UNITS/$unit"
[ "$1" = start ] && grep -qs '^State:.[^Z]' "/proc/$(cat "$FAKE/pid")/status" && exit 0
case "$1" in
  start|restart)
    eval "env=($(sed -n 's/^Environment=//p' "$file" | sed -e 's/%%/%/g' -e 's/[$]/\\\\$/g' | tr '\\n' ' '))"
    eval "words=($(sed -n 's/^ExecStart=//p' "$file" | sed -e 's/%%/%/g' -e 's/[$][$]/\\\\$/g'))"
    (cd /; exec env -i PATH=/usr/bin:/bin HOME="$HOME" "\${env[@]}" setsid "\${words[@]}") >/dev/null 2>&1 </dev/null &
    echo $! >"$FAKE/pid" ;;
esac
exit 0
`
const LOGINCTL = `#!/bin/sh
cat "$FAKE/linger"
`

async function machine() {
  const home = join(await tempDir(), `Ana's $HOME 100%`)
  const fake = join(home, 'fake')
  const units = join(home, '.config/systemd/user')
  await mkdir(fake, { recursive: true })
  for (const [name, text] of [
    ['systemctl', SYSTEMCTL],
    ['loginctl', LOGINCTL],
  ] as const) {
    await writeFile(join(fake, name), text)
    await chmod(join(fake, name), 0o755)
  }
  await writeFile(join(fake, 'linger'), 'yes\n')
  const env = {
    PATH: `${fake}:${process.env.PATH}`,
    HOME: home,
    FAKE: fake,
    UNITS: units,
    IM_HOME: join(home, 'im'),
    IM_PROFILE: 'work',
  }
  const im = (args: readonly string[], more: Record<string, string> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [SELF[1], ...args], { env: { ...env, ...more } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      )
    })
  const json = async (args: readonly string[]) => JSON.parse((await im([...args, '--json'])).stdout)
  onTestFinished(async () => void (await im(['daemon', 'stop'])))
  const calls = async () => (await readFile(join(fake, 'calls'), 'utf8').catch(() => '')).trim().split('\n')
  return {
    home,
    fake,
    im,
    json,
    calls,
    unitFiles: async () => (await list(units)).filter((name) => name.endsWith('.service')),
  }
}

async function list(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => [])
}

it('the manager is given a unit that runs the daemon of this profile, wherever its files lie', {
  timeout: 60_000,
}, async () => {
  const m = await machine()
  const printed = await m.im(['daemon', 'install', '--print'])
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining('Restart=on-failure') })
  expect(printed.stdout).toMatch(/^#/)
  expect(printed.stderr).toMatch(/im-daemon-work-[0-9a-f]{8}\.service:/)
  expect(await m.unitFiles()).toEqual([])

  const made = await m.json(['daemon', 'install'])
  expect(made).toMatchObject({ manager: 'systemd', installed: true, path: expect.stringContaining(made.unit) })
  expect(made.unit).toMatch(/^im-daemon-work-[0-9a-f]{8}\.service$/)
  expect(await m.calls()).toEqual(
    expect.arrayContaining(['daemon-reload', `enable ${made.unit}`, `restart ${made.unit}`]),
  )
  const pid = Number(await readFile(join(m.fake, 'pid'), 'utf8'))
  expect(await m.json(['daemon', 'status'])).not.toHaveProperty('warnings')
  expect(await m.json(['daemon', 'status'])).toMatchObject({ running: true, pid })

  // Twice is once; a restart by hand stays with the manager.
  expect(await m.im(['daemon', 'install'])).toMatchObject({ code: 0 })
  expect(await m.im(['daemon', 'restart'])).toMatchObject({ code: 0 })
  expect(await m.calls()).toContain(`start --no-block ${made.unit}`)
  expect((await m.json(['daemon', 'status'])).pid).toBe(Number(await readFile(join(m.fake, 'pid'), 'utf8')))

  // One that hangs is killed, and the manager is not to start it again.
  process.kill((await m.json(['daemon', 'status'])).pid, 'SIGSTOP')
  expect(await m.im(['daemon', 'stop', '--timeout', '1s'])).toMatchObject({ code: 0 })
  expect((await m.calls()).at(-1)).toBe(`stop ${made.unit}`)
  expect(await m.im(['daemon', 'start'])).toMatchObject({ code: 0 })

  await writeFile(made.path, made.text.replace('RestartSec=5', 'RestartSec=1'))
  const drifted = await m.im(['daemon', 'status'])
  expect(drifted.stderr).toContain('is not what would be installed now: im daemon install')
  expect(await m.im(['daemon', 'install'])).toMatchObject({ code: 0 })
  expect((await m.im(['daemon', 'status'])).stderr).toBe('')

  await writeFile(join(m.fake, 'linger'), 'no\n')
  expect((await m.im(['daemon', 'install'])).stderr).toMatch(/stops when you log out.*loginctl enable-linger/)

  expect(await m.im(['daemon', 'uninstall'])).toMatchObject({ code: 0, stdout: expect.stringContaining('removed') })
  expect(await m.calls()).toContain(`disable --now ${made.unit}`)
  expect(await m.unitFiles()).toEqual([])
  expect(await m.im(['daemon', 'uninstall'])).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing') })
})

it('where no manager answers it says what to do, and writes nothing', { timeout: 30_000 }, async () => {
  const m = await machine()
  await writeFile(join(m.fake, 'broken'), '')
  const refused = await m.im(['daemon', 'install'])
  expect(refused).toMatchObject({ code: 7, stderr: expect.stringMatching(/No medium found.*NO_SERVICE_MANAGER/) })
  expect(refused.stderr).toMatch(/im daemon start; im daemon install --print/)
  expect(await m.unitFiles()).toEqual([])
  const none = await m.im(['daemon', 'install'], { PATH: '/nowhere' })
  expect(none).toMatchObject({ code: 7, stderr: expect.stringContaining('systemd is not on this machine') })
  const relay = await m.im(['relay', 'install'], { PATH: '/nowhere' })
  expect(relay).toMatchObject({ code: 7, stderr: expect.stringContaining('im relay install --print') })
})

it('a unit of somebody else is neither replaced nor removed', { timeout: 30_000 }, async () => {
  const m = await machine()
  const { path } = await m.json(['daemon', 'install', '--print'])
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '[Service]\nExecStart=/mine\n')
  for (const verb of ['install', 'uninstall']) {
    expect(await m.im(['daemon', verb])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was not made by im'),
    })
  }
  expect(await readFile(path, 'utf8')).toContain('/mine')
})

it('the relay’s unit starts it as it was asked to, low ports and certificates included', {
  timeout: 30_000,
}, async () => {
  const m = await machine()
  const args = [
    '--listen',
    '0.0.0.0:443',
    '--tls-cert',
    '/etc/im/cert.pem',
    '--tls-key',
    '/etc/im/key.pem',
    '--invite-only',
  ]
  const { stdout } = await m.im(['relay', 'install', '--print', ...args, '--metrics', '9464'])
  expect(stdout).toMatch(
    /ExecStart=.* relay start --data \/var\/lib\/im-relay --listen 0\.0\.0\.0:443 --tls-cert \/etc\/im\/cert\.pem --tls-key \/etc\/im\/key\.pem --invite-only --metrics 9464$/m,
  )
  expect(stdout).toContain('CapabilityBoundingSet=CAP_NET_BIND_SERVICE')
  expect(stdout).toContain('ExecReload=/bin/kill -HUP $MAINPID')
  expect(stdout).toContain('# /etc/sysusers.d/im-relay.conf\n')
  await eventually(async () => expect(await m.unitFiles()).toEqual([]))
})
