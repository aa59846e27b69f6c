/**
 * The limit for a relay: a `ws` server that parses a frame, writes two records into LevelDB by synced group commit,
 * then sends the frames a relay sends: the answer, and the record to both. `bare-relay DIR [row-by-row|two-frames]`.
 * LevelDB is set as the relay sets it. No accounts, no checks, no checksums, no witness.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Level } from 'level'
import { type WebSocket, WebSocketServer } from 'ws'

interface Request {
  id: number
  params: { id: string; to: string; content: unknown }
}

type Put = { type: 'put'; key: string; value: string }

const [, , path = '', how] = process.argv
const db = new Level<string, string>(path, { writeBufferSize: 16 * 1024 * 1024 })
await db.open()
const clients = new Map<string, WebSocket>()
let queue: { puts: Put[]; done: () => void }[] = []
let writing = false
let seq = 0

/** As a program would write it that has not measured; or row by row, which costs `level` a tenth. */
function write(puts: readonly Put[]): Promise<void> {
  if (how !== 'row-by-row') return db.batch([...puts], { sync: true })
  const rows = db.batch()
  for (const { key, value } of puts) rows.put(key, value)
  return rows.write({ sync: true })
}

async function flush(): Promise<void> {
  if (writing) return
  writing = true
  while (queue.length > 0) {
    const batch = queue
    queue = []
    await write(batch.flatMap(({ puts }) => puts))
    for (const { done } of batch) done()
  }
  writing = false
}

function onMessage(from: string, socket: WebSocket, frame: string): void {
  const request = JSON.parse(frame) as Request
  const record = JSON.stringify({ from, ...request.params, seq: ++seq })
  const puts: Put[] = [from, request.params.to].map((who) => ({ type: 'put', key: `${who}/${seq}`, value: record }))
  queue.push({
    puts,
    done: () => {
      const push = `{"jsonrpc":"2.0","method":"log.entries","params":${record}}`
      socket.send(`{"jsonrpc":"2.0","id":${request.id},"result":${record}}`)
      if (how !== 'two-frames') socket.send(push)
      clients.get(request.params.to)?.send(push)
    },
  })
  flush().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
}

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', (socket, request) => {
  const name = new URL(request.url ?? '/', 'ws://x').searchParams.get('as') ?? ''
  clients.set(name, socket)
  socket.on('message', (data) => onMessage(name, socket, data.toString()))
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}` })}\n`)
})
process.on('SIGTERM', () => process.exit(0))
