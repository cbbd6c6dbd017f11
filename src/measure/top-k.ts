/** The k most activating images of every unit, streaming. */

export interface TopK {
  readonly k: number
  /** [units · k]: each unit's largest activations in descending order; 0 marks an empty place. */
  readonly activations: Float32Array
  /** [units · k]: the number stored with each activation, for instance the image's label. */
  readonly items: Int32Array
}

export const createTopK = (units: number, k: number): TopK => ({
  k,
  activations: new Float32Array(units * k),
  items: new Int32Array(units * k),
})

/**
 * Offers an image to a unit. An image on which the unit is zero does not activate it and is ignored; among equal
 * activations the earlier image comes first.
 */
export function offer({ k, activations, items }: TopK, unit: number, activation: number, item: number): void {
  const from = unit * k
  let at = from + k - 1
  if (activation <= activations[at]) return
  for (; at > from && activations[at - 1] < activation; at--) {
    activations[at] = activations[at - 1]
    items[at] = items[at - 1]
  }
  activations[at] = activation
  items[at] = item
}

export interface TopEntry {
  readonly activation: number
  readonly item: number
}

/** A unit's most activating images, the largest activation first; fewer than k where the unit is active on fewer. */
export function topOf({ k, activations, items }: TopK, unit: number): TopEntry[] {
  const from = unit * k
  const own = activations.subarray(from, from + k)
  const empty = own.indexOf(0)
  return Array.from(own.subarray(0, empty < 0 ? k : empty), (activation, i) => ({ activation, item: items[from + i] }))
}
