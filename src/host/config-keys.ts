interface TextKey {
  type: 'string'
  /** The only values allowed; any if left out. */
  oneOf?: readonly string[]
  /** What every value looks like, and how that is said. */
  like?: { pattern: RegExp; said: string }
  /** What counts when the file does not have the key. */
  fallback: string | null
  about: string
}

interface SwitchKey {
  type: 'boolean'
  fallback: boolean
  about: string
}

/** A program and its arguments, each as it is: no shell ever reads them. */
interface CommandKey {
  type: 'command'
  fallback: null
  about: string
}

export type KeySpec = TextKey | SwitchKey | CommandKey

/** The settings a profile's `config.toml` may hold. A key stands here only while something reads it. */
export const CONFIG_KEYS = {
  relay: { type: 'string', fallback: null, about: 'The relay for register and login, an address or a link.' },
  'relay-ca': {
    type: 'string',
    fallback: null,
    about: "A PEM file: authorities that count for the relay's certificate, in place of the system's.",
  },
  'token-store': {
    type: 'string',
    oneOf: ['auto', 'keychain', 'file'],
    fallback: 'auto',
    about: "Where the device's token lies.",
  },
  'notify.messages': { type: 'boolean', fallback: true, about: 'Pop up when a message comes.' },
  'notify.friends': { type: 'boolean', fallback: true, about: 'Pop up when a friend comes online.' },
  'notify.preview': {
    type: 'string',
    oneOf: ['none', 'sender', 'full'],
    fallback: 'full',
    about: 'What a popup tells: nothing but that there is something, from whom, or the text too.',
  },
  'notify.snooze': {
    type: 'string',
    like: { pattern: /^[1-9]\d{0,3}(m|h|d)$/, said: 'a time such as 10m or 1h' },
    fallback: '10m',
    about: 'How long the button Snooze puts a reminder off.',
  },
  'notify.command': {
    type: 'command',
    fallback: null,
    about: 'A program that is given every popup as JSON on its standard input, as for a phone.',
  },
  terminal: {
    type: 'command',
    fallback: null,
    about: 'What a conversation is opened in: a terminal, with the argument after which a command may stand.',
  },
  'presence.active': { type: 'boolean', fallback: true, about: 'Whether somebody at work here makes me online.' },
  'chat.plain': {
    type: 'boolean',
    fallback: false,
    about: 'Chat line by line: for screen readers and simple terminals.',
  },
  'run.enabled': { type: 'boolean', fallback: false, about: 'Whether --run may start commands on this device.' },
} as const satisfies Record<string, KeySpec>

export type ConfigKey = keyof typeof CONFIG_KEYS

type ValueOf<S extends KeySpec> = S extends SwitchKey
  ? boolean
  : S extends CommandKey
    ? readonly string[] | null
    : S extends { oneOf: readonly (infer T)[] }
      ? T
      : S extends { fallback: string }
        ? string
        : string | null

export type ConfigValues = { [K in ConfigKey]: ValueOf<(typeof CONFIG_KEYS)[K]> }

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(CONFIG_KEYS, key)
}
