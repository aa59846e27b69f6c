import { type FakeClock, fakeTime, seededBytes } from '../../src/host/fake-host.ts'
import type { Host, Log } from '../../src/host/host.ts'
import { openStore } from '../../src/store/account-store.ts'
import { buildStore } from '../../src/store/build.ts'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import type { Store } from '../../src/store/store.ts'
import { MemoryWitness } from '../../src/store/witness.ts'
import type { Dice } from './dice.ts'
import type { Network, Host as Networked } from './network.ts'
import type { Ticking, Time } from './time.ts'
import type { Trace } from './trace.ts'

/** What all machines of a run share. */
export interface Ground {
  seed: number
  time: Time
  dice: Dice
  network: Network
  trace: Trace
  /** The longest a write takes to reach a disk. */
  mostSyncMs: number
  /** What the wall clocks show when the run begins. */
  startAt: number
}

/** Of a store without migrations. */
const FORMAT = 1

/** What is on the disks of a machine. */
export interface Image {
  readonly disk: MemoryDisk
  readonly commit: number | null
}

/**
 * A computer with a disk, a clock of its own and one program, which can die and be started again. The program's timers
 * and its monotonic clock die with it; the disk loses what was not synced.
 */
export class Machine<P> implements Networked {
  readonly name: string
  asleep = false
  cutOff = false
  /** No room on its disk: changes are refused. */
  full = false
  /** Grows with every start: what an earlier one still answers counts for nothing. */
  incarnation = 0
  /** The program, once it has started. */
  program: P | null = null
  store: Store | null = null
  readonly #ground: Ground
  readonly #kind: 'relay' | 'daemon'
  readonly #start: (host: Host, store: Store) => Promise<P> | P
  #disk: MemoryDisk
  readonly #witness = new MemoryWitness()
  #epoch = 1
  #offsetMs = 0
  #process: (Ticking & { clock: FakeClock }) | null = null

  constructor(
    ground: Ground,
    name: string,
    kind: 'relay' | 'daemon',
    start: (host: Host, store: Store) => Promise<P> | P,
    image: Image | null = null,
  ) {
    this.#ground = ground
    this.name = name
    this.#kind = kind
    this.#start = start
    this.#disk = this.#diskLike(image)
  }

  #diskLike(image: Image | null): MemoryDisk {
    this.#witness.commit = image?.commit ?? null
    return new MemoryDisk({ sync: () => this.#sync(), ...(image === null ? {} : { like: image.disk }) })
  }

  /**
   * It is switched off, somebody does something to its disk, and it starts again. The disk is changed at once or, when
   * `change` throws, not at all.
   */
  async workedOn(change: (store: Store) => Promise<void>): Promise<void> {
    if (this.#process !== null) this.die('kept')
    const disk = new MemoryDisk({ like: this.#disk })
    const witness = new MemoryWitness()
    witness.commit = this.#witness.commit
    const store = await openStore({ engine: await disk.open(), kind: this.#kind, witness })
    await change(store)
    await store.close()
    this.#disk = this.#diskLike({ disk, commit: witness.commit })
  }

  /** It is switched off, and what was once on its disk takes the place of what is: a store of a new epoch. */
  async restored(image: Image, finish: (store: Store) => Promise<void>): Promise<void> {
    if (this.#process !== null) this.die('kept')
    const old = await new MemoryDisk({ like: image.disk }).open()
    const rows = (await old.range({})).filter(([key]) => !key.startsWith('!'))
    const disk = new MemoryDisk()
    const engine = await disk.open()
    const witness = new MemoryWitness()
    const about = { format: FORMAT, kind: this.#kind, epoch: ++this.#epoch }
    await buildStore(
      engine,
      witness,
      about,
      (async function* () {
        yield* rows
      })(),
    )
    const store = await openStore({ engine, kind: this.#kind, witness })
    await finish(store)
    await store.close()
    this.#disk = this.#diskLike({ disk, commit: witness.commit })
  }

  /** What is synced by now. */
  image(): Image {
    return { disk: new MemoryDisk({ like: this.#disk }), commit: this.#witness.commit }
  }

  get wall(): number {
    return this.#process?.clock.now() ?? this.#ground.startAt + this.#ground.time.now + this.#offsetMs
  }

  #sync(): Promise<void> {
    const { time, dice, trace, mostSyncMs } = this.#ground
    const synced = () => trace.note(`${this.name} disk synced`)
    if (mostSyncMs === 0) {
      synced()
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      time.after(dice.int(0, mostSyncMs), () => {
        synced()
        resolve()
      })
    })
  }

  async boot(): Promise<void> {
    const { time, trace, seed, startAt } = this.#ground
    const incarnation = ++this.incarnation
    trace.note(`${this.name} starts`)
    const { clock, timers } = fakeTime(startAt + time.now + this.#offsetMs)
    const machine = this
    const process = {
      clock,
      get asleep() {
        return machine.asleep
      },
    }
    this.#process = process
    time.add(process)
    const host: Host = {
      clock,
      timers: {
        after: (ms, run) =>
          timers.after(ms, () => {
            trace.note(`${this.name} timer`)
            run()
          }),
      },
      random: seededBytes(`${seed}/${this.name}/${incarnation}`),
      disk: { freeBytes: async () => (this.full ? 0 : 2 ** 40) },
      log: this.#log(),
    }
    const engine = await this.#disk.open()
    const reserve = { freeBytes: () => host.disk.freeBytes('/'), minBytes: 1, clock }
    const store = await openStore({ engine, kind: this.#kind, witness: this.#witness, reserve })
    const program = await this.#start(host, store)
    if (this.incarnation !== incarnation) return
    this.store = store
    this.program = program
  }

  #log(): Log {
    const { trace } = this.#ground
    const line =
      (level: string) =>
      (event: string, fields: object = {}) =>
        trace.note(`${this.name} ${level}: ${event}`, JSON.stringify(fields))
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }

  /** Power loss. What was being written is lost, or, as can happen, on disk though nobody was told. */
  die(unsynced: 'lost' | 'kept'): void {
    const { time, network, trace } = this.#ground
    trace.note(`${this.name} dies`, unsynced)
    if (this.#process !== null) time.remove(this.#process)
    this.#process = null
    this.program = null
    this.store = null
    this.incarnation++
    this.#disk.crash(unsynced)
    network.died(this)
  }

  /** Somebody sets the clock. */
  jump(ms: number): void {
    this.#ground.trace.note(`${this.name} clock set`, String(ms))
    this.#moveWall(ms)
  }

  #moveWall(ms: number): void {
    this.#offsetMs += ms
    this.#process?.clock.jump(ms)
  }

  fallAsleep(): void {
    this.#ground.trace.note(`${this.name} falls asleep`)
    const { time, network } = this.#ground
    const since = time.now
    this.asleep = true
    network.changed()
    this.#wokenAfter = () => time.now - since
  }

  #wokenAfter: () => number = () => 0

  /** Its wall clock has gone on, its timers and its monotonic clock have not. */
  wake(): void {
    if (!this.asleep) return
    this.#ground.trace.note(`${this.name} wakes`)
    this.asleep = false
    if (this.#process !== null) this.#process.clock.jump(this.#wokenAfter())
    this.#ground.network.changed()
  }
}
