/** A launch agent for macOS. */
import { posix } from 'node:path'
import { MADE_BY, type ServiceFile, type ServiceSpec } from './service.ts'
import { xmlText } from './xml.ts'

export function launchAgent({ name, argv, env, logFile }: ServiceSpec): string {
  const string = (text: string): string => `<string>${xmlText(text)}</string>`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${MADE_BY} daemon install; im daemon uninstall removes it. -->`,
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${string(name)}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...argv.map((word) => `    ${string(word)}`),
    '  </array>',
    ...(env.length === 0
      ? []
      : [
          '  <key>EnvironmentVariables</key>',
          '  <dict>',
          ...env.map(([variable, value]) => `    <key>${xmlText(variable)}</key>${string(value)}`),
          '  </dict>',
        ]),
    '  <key>RunAtLoad</key><true/>',
    // Again after a failure only: who stops it means it.
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>',
    '  <key>ThrottleInterval</key><integer>10</integer>',
    '  <key>ProcessType</key><string>Background</string>',
    '  <key>Umask</key><integer>63</integer>',
    `  <key>StandardErrorPath</key>${string(logFile)}`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n')
}

export function launchdService(spec: ServiceSpec, home: string, uid: number): ServiceFile {
  const path = posix.join(home, 'Library', 'LaunchAgents', `${spec.name}.plist`)
  const target = `gui/${uid}/${spec.name}`
  return {
    manager: 'launchd',
    unit: spec.name,
    path,
    text: launchAgent(spec),
    encoding: 'utf8',
    probe: ['launchctl', 'print', `gui/${uid}`],
    load: [['launchctl', 'bootstrap', `gui/${uid}`, path]],
    start: ['launchctl', 'kickstart', target],
    stop: ['launchctl', 'bootout', target],
    unload: [['launchctl', 'bootout', target]],
    forget: [],
  }
}
