/** Ids with the instant each wants to be looked at, earliest first. An id has one instant: the newest given. */
export class WakeHeap {
  readonly #heap: { at: number; id: string }[] = []
  readonly #at = new Map<string, number>()

  set(id: string, at: number | null): void {
    if (at === null) {
      this.#at.delete(id)
      return
    }
    if (this.#at.get(id) === at) return
    this.#at.set(id, at)
    this.#push({ at, id })
  }

  clear(): void {
    this.#heap.length = 0
    this.#at.clear()
  }

  /** The earliest instant of all; null: none. */
  next(): number | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#at.get(top.id) === top.at) return top.at
      this.#pop()
    }
    return null
  }

  /** Takes the ids whose instant has come, earliest first. */
  takeDue(now: number): string[] {
    const due: string[] = []
    for (let at = this.next(); at !== null && at <= now; at = this.next()) {
      const top = this.#pop()
      if (top === undefined) break
      this.#at.delete(top.id)
      due.push(top.id)
    }
    return due
  }

  #push(entry: { at: number; id: string }): void {
    const heap = this.#heap
    heap.push(entry)
    let index = heap.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.at <= entry.at) break
      heap[index] = above
      heap[parent] = entry
      index = parent
    }
  }

  #pop(): { at: number; id: string } | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right !== undefined && left !== undefined && right.at < left.at ? 2 * index + 2 : 2 * index + 1
      const below = heap[child]
      if (below === undefined || below.at >= last.at) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return top
  }
}
