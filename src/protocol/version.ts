/** The protocol between daemon and relay. A relay serves this one and the one before. */
const PROTOCOL_VERSION = 1
export const SUPPORTED_PROTOCOLS: readonly number[] = [PROTOCOL_VERSION]

/** The version of the program; the daemon and the command line compare theirs. */
export const IM_VERSION = '0.1.0'

/** The default port of a relay on loopback. */
export const DEFAULT_RELAY = 'ws://127.0.0.1:7465'
