/** What a measurement says, beside its yardstick. */
export interface Figure {
  name: string
  unit: string
  value: number
  yardstick: { name: string; value: number } | null
  ratio: number | null
  goal: string
  /** Why there is no yardstick, where one should be. */
  note?: string
}

export interface Options {
  /** How long `soak` lasts. */
  minutes: number
}
