import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import type { Uin } from '../src/domain/uin.ts'
import type { PublicKeys } from '../src/protocol/records.ts'
import type { RelayMethod, RelayParams, RelayResults } from '../src/protocol/relay-api.ts'
import { makeKeyBundle } from '../src/sealing/key-bundle.ts'
import { makeAccountKeys } from '../src/sealing/keys.ts'
import { loadLoginClient } from '../src/sealing/login-client.ts'
import { dummyContent } from '../test/support/dummy-seal.ts'
import type { SeededAccount } from './seed.ts'

interface Answer {
  id?: number
  method?: string
  params?: unknown
  result?: unknown
  error?: { data?: { code: string; message: string } }
}

/** The least a client can be: what it costs is not the relay's. */
export class RelayClient {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #id = 0
  onEvent: (method: string, params: unknown) => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#take(JSON.parse(data.toString()) as Answer))
  }

  static async connect(url: string): Promise<RelayClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return new RelayClient(socket)
  }

  #take(answer: Answer): void {
    if (answer.method !== undefined) {
      this.onEvent(answer.method, answer.params)
      return
    }
    const resolve = this.#waiting.get(answer.id ?? 0)
    this.#waiting.delete(answer.id ?? 0)
    resolve?.(answer)
  }

  async request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#id
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve))
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    const { error, result } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.data?.code} ${error.data?.message}`)
    return result
  }

  async call<M extends RelayMethod>(method: M, params: RelayParams<M>): Promise<RelayResults[M]> {
    return (await this.request(method, params)) as RelayResults[M]
  }

  close(): void {
    this.#socket.close()
  }
}

/** A password that costs nothing to stretch. */
const CHEAP = { memoryKib: 8, iterations: 1, parallelism: 1 }

/** Registers an account and opens a session that follows its log. */
export async function newAccount(
  url: string,
): Promise<{ uin: Uin; token: string; keys: PublicKeys; client: RelayClient }> {
  const login = await loadLoginClient(CHEAP)
  const client = await RelayClient.connect(`${url}/v1`)
  const password = login.startRegistration('bench')
  const recovery = login.startRegistration('recovery')
  const offer = await client.call('register.start', {
    password: password.request,
    recovery: recovery.request,
    invite: null,
  })
  const { uin } = offer
  const first = login.finishRegistration({ uin, kind: 'password' }, password, offer.password)
  const second = login.finishRegistration({ uin, kind: 'recovery' }, recovery, offer.recovery)
  const exportKeys = { password: first.exportKey, recovery: second.exportKey }
  const keys = makeAccountKeys(randomBytes)
  const { token } = await client.call('register.finish', {
    uin,
    passwordRecord: first.record,
    recoveryRecord: second.record,
    bundle: makeKeyBundle(uin, keys, exportKeys, randomBytes),
    nick: null,
    deviceName: 'bench',
  })
  await openSession(client, uin, token)
  return { uin, token, keys: keys.publicKeys, client }
}

/** One more terminal each of an account that {@link newAccount} made, all from one login. */
export async function moreDevices(url: string, uin: Uin, count: number): Promise<RelayClient[]> {
  const login = await loadLoginClient(CHEAP)
  const first = await RelayClient.connect(`${url}/v1`)
  const start = login.startLogin('bench')
  const { response } = await first.call('login.start', { uin, with: 'password', request: start.request })
  const proof = login.finishLogin({ uin, kind: 'password' }, start, response)
  if (proof === null) throw new Error('the password is wrong')
  await first.call('login.prove', { request: proof.request })
  const clients: RelayClient[] = []
  for (let n = 0; n < count; n++) {
    const { token } = await first.call('login.finish', { deviceName: `bench ${n}` })
    const client = n === 0 ? first : await RelayClient.connect(`${url}/v1`)
    await openSession(client, uin, token)
    clients.push(client)
  }
  return clients
}

/** A session of an account that was put into the store, following its log. */
export async function openSeeded(url: string, { uin, token }: SeededAccount): Promise<RelayClient> {
  const client = await RelayClient.connect(`${url}/v1`)
  await openSession(client, uin, token)
  return client
}

export async function writeToSelf(client: RelayClient, uin: Uin, text: string): Promise<void> {
  const id = randomBytes(16).toString('base64url')
  await client.call('message.send', { id, to: uin, content: dummyContent(text, id, null) })
}

async function openSession(client: RelayClient, uin: Uin, token: string): Promise<void> {
  await client.call('session.open', { uin, token, person: true })
  await client.call('log.follow', { cursor: null })
}
