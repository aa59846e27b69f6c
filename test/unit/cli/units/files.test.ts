import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { launchAgent, launchdService } from '../../../../src/cli/units/launchd.ts'
import type { ServiceSpec } from '../../../../src/cli/units/service.ts'
import { execWord, relaySysusers, relayUnit, userUnit } from '../../../../src/cli/units/systemd.ts'
import { logonTask, windowsArgument, windowsService } from '../../../../src/cli/units/windows-task.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const SPEC: ServiceSpec = {
  name: 'im-daemon-work',
  description: 'im daemon, profile work in /home/ana/a b & c',
  argv: ['/bin/true', '/home/ana/100% "ours" $HOME/im.js', 'daemon', 'start', '--foreground', '--profile', 'work'],
  env: [['IM_HOME', '/home/ana/a b & <c>']],
  logFile: '/home/ana/log',
}

const RELAY = {
  argv: ['/bin/true', '/opt/im/bin/im.js', 'relay', 'start', '--data', '/var/lib/im-relay', '--listen', '0.0.0.0:7465'],
  dataDir: '/var/lib/im-relay',
  isLowPort: false,
  hasCertificate: true,
  readsHome: false,
}

/** What systemd says to a unit file; nothing: it takes it. */
async function verify(name: string, text: string, args: readonly string[] = []): Promise<string> {
  const dir = await tempDir()
  const path = join(dir, name)
  writeFileSync(path, text)
  const env = { ...process.env, XDG_RUNTIME_DIR: dir }
  const all = ['verify', '--man=no', ...args, path]
  const { stderr, status } = spawnSync('systemd-analyze', all, { encoding: 'utf8', env })
  const about = stderr.split('\n').filter((line) => line.includes(path) || line.includes(name))
  return `${status === 0 ? '' : `exit ${status}\n`}${about.join('\n')}`
}

describe('the unit of the daemon', () => {
  it('is one that systemd takes, with spaces, quotes, percent and dollar signs in its paths', async () => {
    expect(await verify('im-daemon-work.service', userUnit(SPEC), ['--user'])).toBe('')
  })

  it('would be refused with a word that systemd does not know', async () => {
    const wrong = userUnit(SPEC).replace('Type=exec', 'Type=exec\nNoSuchKey=1')
    expect(await verify('im-daemon-work.service', wrong, ['--user'])).toContain('NoSuchKey')
  })

  it('starts again after a failure, not after a stop, and not without end', () => {
    const unit = userUnit(SPEC)
    expect(unit).toContain('\nRestart=on-failure\n')
    expect(unit).toMatch(/^StartLimitBurst=5$/m)
    expect(unit).not.toMatch(/Restart=always|WatchdogSec|OnUnitActiveSec/)
  })

  it.each([
    ['plain/path', 'plain/path'],
    ['a b', '"a b"'],
    ['50%', '50%%'],
    ['$HOME', '"$$HOME"'],
    ['say "x"', '"say \\"x\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['', '""'],
  ])('writes %j as %s', (word, written) => {
    expect(execWord(word)).toBe(written)
  })
})

describe('the unit of the relay', () => {
  it.each([
    ['as it is', RELAY],
    ['with a low port', { ...RELAY, isLowPort: true }],
    ['with its data elsewhere', { ...RELAY, dataDir: '/srv/im relay', readsHome: true, hasCertificate: false }],
  ])('is one that systemd takes, %s', async (_, relay) => {
    expect(await verify('im-relay.service', relayUnit(relay))).toBe('')
  })

  it('exposes as little as systemd calls OK: below 2.0 of 10', async () => {
    const root = await tempDir()
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
    const path = join(root, 'etc/systemd/system/im-relay.service')
    writeFileSync(path, relayUnit(RELAY))
    const security = (threshold: number) =>
      spawnSync('systemd-analyze', ['security', '--offline=true', `--threshold=${threshold}`, path], {
        encoding: 'utf8',
      })
    const { stdout, status } = security(20)
    expect([stdout.split('\n').findLast((line) => line.includes('Overall')), status]).toEqual([
      expect.stringContaining('OK'),
      0,
    ])
    // The threshold is one that can be missed.
    writeFileSync(
      path,
      relayUnit(RELAY).replace(/^(ProtectSystem|PrivateDevices|SystemCallFilter|CapabilityBoundingSet)=.*$/gm, ''),
    )
    expect(security(20).status).not.toBe(0)
  })

  it('names what it must and leaves out what V8 cannot live with', () => {
    const unit = relayUnit(RELAY)
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'PrivateTmp=yes',
      'StateDirectory=im-relay',
      'CapabilityBoundingSet=',
      'LimitNOFILE=65536',
      'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    ]) {
      expect(unit.split('\n')).toContain(line)
    }
    expect(unit).not.toContain('MemoryDenyWriteExecute')
    expect(relayUnit({ ...RELAY, isLowPort: true })).toContain('AmbientCapabilities=CAP_NET_BIND_SERVICE')
  })

  it('has a user of its own', async () => {
    const root = await tempDir()
    mkdirSync(join(root, 'etc'))
    const file = join(root, 'im-relay.conf')
    writeFileSync(file, relaySysusers('/var/lib/im-relay'))
    execFileSync('systemd-sysusers', [`--root=${root}`, file], { stdio: 'pipe' })
    expect(execFileSync('grep', ['^im-relay:', join(root, 'etc/passwd')], { encoding: 'utf8' })).toMatch(
      /^im-relay:x:\d+:\d+:im relay:\/var\/lib\/im-relay:/,
    )
  })
})

/** Whether Python's parsers, which are not ours, read the same out of it. */
function parsed(program: string, input: string | Buffer): unknown {
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' }))
}

describe('the launch agent', () => {
  it('is a property list that says what the unit says', () => {
    const program = 'import sys,plistlib,json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
    expect(parsed(program, launchAgent(SPEC))).toEqual({
      Label: 'im-daemon-work',
      ProgramArguments: SPEC.argv,
      EnvironmentVariables: { IM_HOME: '/home/ana/a b & <c>' },
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ProcessType: 'Background',
      Umask: 0o77,
      StandardErrorPath: '/home/ana/log',
    })
  })

  it('lies where launchd looks for those of a user', () => {
    const service = launchdService(SPEC, '/Users/ana', 501)
    expect(service.path).toBe('/Users/ana/Library/LaunchAgents/im-daemon-work.plist')
    expect(service.load).toEqual([['launchctl', 'bootstrap', 'gui/501', service.path]])
    expect(service.unload).toEqual([['launchctl', 'bootout', 'gui/501/im-daemon-work']])
  })
})

describe('the logon task', () => {
  const READ = `
import sys,json,xml.etree.ElementTree as E
n='{http://schemas.microsoft.com/windows/2004/02/mit/task}'
r=E.fromstring(sys.stdin.buffer.read().decode('utf-16').split('?>',1)[1])
t=lambda p: r.find('/'.join(n+x for x in p.split('/'))).text
print(json.dumps([t('Actions/Exec/Command'),t('Actions/Exec/Arguments'),t('Triggers/LogonTrigger/UserId'),t('Settings/ExecutionTimeLimit')]))`

  it('is a task that runs the same program at logon, without a limit of time', () => {
    const plain = { ...SPEC, argv: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\im\\bin\\im.js', 'daemon'], env: [] }
    expect(parsed(READ, Buffer.from(`\ufeff${logonTask(plain, 'PC\\ana & co')}`, 'utf16le'))).toEqual([
      'C:\\Program Files\\nodejs\\node.exe',
      'C:\\im\\bin\\im.js daemon',
      'PC\\ana & co',
      'PT0S',
    ])
  })

  it('sets what has to stand in the environment first', () => {
    const task = { ...SPEC, argv: ['C:\\Program Files\\node.exe', 'im.js'], env: [['IM_HOME', 'C:\\a b']] as const }
    expect(parsed(READ, Buffer.from(`\ufeff${logonTask(task, 'ana')}`, 'utf16le'))).toEqual([
      '%SystemRoot%\\System32\\cmd.exe',
      '/d /s /c "set "IM_HOME=C:\\a b" && "C:\\Program Files\\node.exe" im.js"',
      'ana',
      'PT0S',
    ])
    expect(windowsService(task, 'C:\\conf', 'ana').load[0]).toEqual([
      ...['schtasks', '/Create', '/F', '/TN', '\\im\\im-daemon-work', '/XML', 'C:\\conf\\im-daemon-work.xml'],
    ])
  })

  it.each([
    ['plain', 'plain'],
    ['two words', '"two words"'],
    ['', '""'],
    ['say "x"', '"say \\"x\\""'],
    ['C:\\dir with space\\', '"C:\\dir with space\\\\"'],
  ])('writes the argument %j as %s', (argument, written) => {
    expect(windowsArgument(argument)).toBe(written)
  })
})
