/** The protocol between daemon and relay. A relay serves this one and the one before. */
const PROTOCOL_VERSION = 1
export const SUPPORTED_PROTOCOLS: readonly number[] = [PROTOCOL_VERSION]

/** The version of the program; the daemon and the command line compare theirs. */
export const IM_VERSION = '0.1.0'

/** What scripts/build.js puts in. */
declare const IM_BUILD: number | undefined

/** When this program was built, in ms since 1970; 0 where it runs from its sources. */
export const BUILD = typeof IM_BUILD === 'undefined' ? 0 : IM_BUILD

/** The default port of a relay on loopback. */
export const DEFAULT_RELAY = 'ws://127.0.0.1:7465'
