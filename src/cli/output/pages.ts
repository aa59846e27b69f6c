/** What is too much for one answer comes a page at a time. */

export interface Page<R> {
  rows: R[]
  /** Where the next one begins; null: this was the last. */
  next: string | null
}

export type AskPage<R, P extends Page<R> = Page<R>> = (after: string | null) => Promise<P>

export async function* pagesOf<R, P extends Page<R>>(ask: AskPage<R, P>): AsyncGenerator<P> {
  for (let after: string | null = null; ; ) {
    const page: P = await ask(after)
    yield page
    if (page.next === null) return
    after = page.next
  }
}
