/** A task that Windows starts at logon. */
import { win32 } from 'node:path'
import { MADE_BY, type ServiceFile, type ServiceSpec } from './service.ts'
import { xmlText } from './xml.ts'

/** One argument as `CommandLineToArgvW` reads it back: backslashes count only before a quote. */
export function windowsArgument(text: string): string {
  if (/^[^\s"]+$/.test(text)) return text
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

/** A task has no environment of its own, so cmd sets one where there must be one. */
function commandOf({ argv, env }: ServiceSpec): { command: string; args: string } {
  const [program = '', ...args] = argv
  if (env.length === 0) return { command: program, args: args.map(windowsArgument).join(' ') }
  const sets = env.map(([name, value]) => `set "${name}=${value}"`)
  const line = [...sets, argv.map(windowsArgument).join(' ')].join(' && ')
  return { command: '%SystemRoot%\\System32\\cmd.exe', args: `/d /s /c "${line}"` }
}

export function logonTask(spec: ServiceSpec, user: string): string {
  const { command, args } = commandOf(spec)
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    `    <Description>${MADE_BY} daemon install: ${xmlText(spec.description)}</Description>`,
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <LogonTrigger>',
    '      <Enabled>true</Enabled>',
    `      <UserId>${xmlText(user)}</UserId>`,
    '    </LogonTrigger>',
    '  </Triggers>',
    '  <Principals>',
    '    <Principal id="Author">',
    `      <UserId>${xmlText(user)}</UserId>`,
    '      <LogonType>InteractiveToken</LogonType>',
    '      <RunLevel>LeastPrivilege</RunLevel>',
    '    </Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <Hidden>true</Hidden>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <RestartOnFailure>',
    '      <Interval>PT1M</Interval>',
    '      <Count>5</Count>',
    '    </RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    '    <Exec>',
    `      <Command>${xmlText(command)}</Command>`,
    `      <Arguments>${xmlText(args)}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n')
}

/** The file stays beside the settings, so that it can be seen whether what is installed is still what would be. */
export function windowsService(spec: ServiceSpec, configDir: string, user: string): ServiceFile {
  const path = win32.join(configDir, `${spec.name}.xml`)
  const task = `\\im\\${spec.name}`
  return {
    manager: 'Task Scheduler',
    unit: task,
    path,
    text: logonTask(spec, user),
    encoding: 'utf16le',
    probe: ['schtasks', '/Query'],
    load: [
      ['schtasks', '/Create', '/F', '/TN', task, '/XML', path],
      ['schtasks', '/Run', '/TN', task],
    ],
    start: ['schtasks', '/Run', '/TN', task],
    stop: ['schtasks', '/End', '/TN', task],
    unload: [
      ['schtasks', '/End', '/TN', task],
      ['schtasks', '/Delete', '/F', '/TN', task],
    ],
    forget: [],
  }
}
