/** Which room may import what. Each ban is printed with its reason. */
import { describe, expect, it } from 'vitest'
import { type Import, importsOf, type SourceFile, sourceFiles } from '../support/source-files.ts'

/** domain | rpc | store | host <- sealing, protocol <- relay | daemon | cli */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  rpc: [],
  store: [],
  host: [],
  protocol: ['domain'],
  sealing: ['domain', 'host', 'protocol'],
  relay: ['domain', 'rpc', 'store', 'host', 'sealing', 'protocol'],
  daemon: ['domain', 'rpc', 'store', 'host', 'sealing', 'protocol'],
  cli: ['domain', 'rpc', 'host', 'protocol'],
}

/** Rooms within a program, and whose code they may take; types, and the files beside the rooms, are free to all of it. */
const MAY_IMPORT_WITHIN: Record<string, readonly string[]> = {
  'daemon/mirror': [],
  'daemon/link': ['daemon/mirror'],
  'daemon/firing': ['daemon/mirror'],
  'daemon/plan': ['daemon/mirror'],
  'daemon/login': ['daemon/link', 'daemon/mirror'],
  'daemon/views': ['daemon/firing', 'daemon/mirror'],
  'daemon/notifications': ['daemon/handlers', 'daemon/mirror', 'daemon/views'],
  'cli/client': ['cli/units'],
  'cli/tree': ['cli/commands'],
  'cli/parsing': ['cli/tree'],
  'cli/help': ['cli/chat', 'cli/tree'],
  'cli/input': ['cli/tree'],
  'cli/output': [],
  'cli/describe': [],
  'cli/waiting': ['cli/client', 'cli/output'],
  'cli/units': [],
  'cli/completion': ['cli/client', 'cli/help', 'cli/tree'],
  'cli/doctor': ['cli/client', 'cli/completion', 'cli/describe', 'cli/units'],
  'cli/demo': ['cli/client'],
  'cli/chat': ['cli/client', 'cli/describe', 'cli/input', 'cli/output'],
  'relay/accounts': [],
  'relay/connections': ['relay/accounts'],
  'relay/firing': ['relay/accounts'],
  'relay/friends': ['relay/accounts', 'relay/firing'],
  'relay/login': ['relay/accounts', 'relay/friends'],
  'relay/durability': ['relay/accounts', 'relay/firing'],
  'relay/operating': ['relay/accounts', 'relay/durability', 'relay/friends', 'relay/login'],
}

/** What is asked for meets what can be done here: these may take from any room beside theirs. */
const BODIES = ['cli/commands', 'daemon/handlers', 'relay/handlers']

const LAZY_PROGRAMS = ['src/relay/main.ts', 'src/daemon/main.ts']
const SERVER_FILES = ['src/relay/server.ts', 'src/relay/operating/metrics-server.ts', 'src/daemon/local-server.ts']

interface Ban {
  why: string
  what: RegExp
  /** The files the ban is for. */
  where: (path: string) => boolean
  /** Imports it does not count: a type opens no socket. */
  except: readonly Import['kind'][]
}

const BANS: readonly Ban[] = [
  {
    why: 'the store is reached through its port, so that engines can be exchanged and faults injected',
    what: /^(classic-)?level$/,
    where: (path) => !path.startsWith('src/store/'),
    except: [],
  },
  {
    why: 'sockets are opened in rpc/ and the server files only, where every limit and origin check stands',
    what: /^(ws|undici|node:(net|tls|http|https|http2|dgram))$/,
    where: (path) => !path.startsWith('src/rpc/') && !SERVER_FILES.includes(path),
    except: ['type'],
  },
  {
    why: 'domain is pure: the same code runs in daemon, relay and simulation',
    what: /^node:/,
    where: (path) => path.startsWith('src/domain/'),
    except: [],
  },
  {
    why: 'the command line starts fast: from protocol it takes types, the errors and the version',
    what: /^src\/protocol\/(?!(errors|version|limits)\.ts$)|^zod$/,
    where: (path) => path.startsWith('src/cli/'),
    except: ['type', 'lazy'],
  },
  {
    why: 'tests, scripts and benchmarks are no part of the programs',
    what: /^(test|scripts|bench)\//,
    where: () => true,
    except: [],
  },
]

function complaints(file: SourceFile): string[] {
  return importsOf(file).flatMap((one) => {
    const banned = BANS.filter(
      (ban) => ban.where(file.path) && ban.what.test(one.from) && !ban.except.includes(one.kind),
    )
    const reasons = [...banned.map((ban) => ban.why), ...wrongWay(file.path, one), ...wrongWayWithin(file.path, one)]
    return reasons.map((why) => `${file.path} imports ${one.from}: ${why}`)
  })
}

function wrongWay(path: string, { from, kind }: Import): string[] {
  const room = roomOf(path)
  const other = roomOf(from)
  if (room === null || other === null || room === other) return []
  if (room === 'cli' && kind === 'lazy' && LAZY_PROGRAMS.includes(from)) return []
  const may = MAY_IMPORT[room]
  if (may === undefined) return [`the room ${room} is not in the table of this test`]
  return may.includes(other) ? [] : [`${room}/ may import ${may.join(', ') || 'no other room'}`]
}

function wrongWayWithin(path: string, { from, kind }: Import): string[] {
  const room = roomWithin(path)
  const other = roomWithin(from)
  if (room === null || BODIES.includes(room)) return []
  const may = MAY_IMPORT_WITHIN[room]
  if (may === undefined) return [`the room ${room} is not in the table of this test`]
  if (kind === 'type' || other === null || other === room || may.includes(other)) return []
  if (!other.startsWith(`${roomOf(path)}/`)) return []
  return [`${room}/ may take code from ${may.join(', ') || 'no room beside it'}`]
}

/** `daemon/mirror`, of `src/daemon/mirror/rows.ts`. */
function roomWithin(path: string): string | null {
  return /^src\/([^/]+\/[^/]+)\//.exec(path)?.[1] ?? null
}

function roomOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null
}

describe('imports', () => {
  it('run one way, and what is banned is nowhere', () => {
    expect(sourceFiles('src').flatMap(complaints)).toEqual([])
  })

  it.each([
    ['src/domain/a.ts', "import { b } from '../store/b.ts'"],
    ['src/store/a.ts', "import type { Log } from '../host/host.ts'"],
    ['src/protocol/a.ts', "import { b } from '../sealing/b.ts'"],
    ['src/relay/handlers/a.ts', "import { b } from '../../daemon/b.ts'"],
    ['src/cli/commands/a.ts', "import { main } from '../../relay/main.ts'"],
    ['src/cli/commands/a.ts', "await import('../../relay/relay.ts')"],
    ['src/cli/a.ts', "import { openStore } from '../store/b.ts'"],
    ['src/cli/a.ts', "import {\n  type A,\n  b,\n} from '../protocol/local-api.ts'"],
    ['src/cli/a.ts', "import { z } from 'zod'"],
    ['src/relay/a.ts', "import { Level } from 'level'"],
    ['src/relay/a.ts', "import { createServer } from 'node:http'"],
    ['src/daemon/a.ts', "import WebSocket from 'ws'"],
    ['src/domain/a.ts', "import { createHash } from 'node:crypto'"],
    ['src/host/a.ts', "export * from '../../test/support/b.ts'"],
    ['src/attic/a.ts', "import '../domain/b.ts'"],
    ['src/daemon/mirror/a.ts', "import { b } from '../link/b.ts'"],
    ['src/relay/firing/a.ts', "import { b } from '../operating/b.ts'"],
    ['src/cli/units/a.ts', "import { b } from '../commands/b.ts'"],
    ['src/cli/attic/a.ts', "import { b } from '../../domain/b.ts'"],
  ])('would be caught: in %s, %s', (path, text) => {
    expect(complaints({ path, text })).toHaveLength(1)
  })

  it.each([
    ['src/cli/commands/a.ts', "const { main } = await import('../../relay/main.ts')"],
    ['src/cli/a.ts', "import type { B } from '../protocol/local-api.ts'"],
    ['src/cli/a.ts', "import { type A, type B } from '../protocol/local-api.ts'"],
    ['src/relay/a.ts', "import type { Server } from 'node:http'"],
    ['src/relay/server.ts', "import { createServer } from 'node:http'"],
    ['src/store/leveldb.ts', "import { Level } from 'level'"],
    ['src/daemon/mirror/a.ts', "import type { B } from '../link/b.ts'"],
    ['src/daemon/views/a.ts', "import { b } from '../mirror/b.ts'"],
    ['src/daemon/views/a.ts', "import { b } from '../core.ts'"],
    ['src/daemon/handlers/a.ts', "import { b } from '../link/b.ts'"],
    ['src/cli/tree/a.ts', "load: () => import('../commands/b.ts')"],
  ])('are allowed: in %s, %s', (path, text) => {
    expect(complaints({ path, text })).toEqual([])
  })
})
