/** Reverses the filters and the interlacing of a PNG (ISO 15948, clauses 8 and 9) with 8 or 16 bits per sample. */

export interface PngLayout {
  readonly width: number
  readonly height: number
  /** Bytes of a pixel. */
  readonly pixel: number
  readonly interlaced: boolean
}

/** The pixels that a pass has: first column and row, and distances. */
interface Pass {
  readonly left: number
  readonly top: number
  readonly across: number
  readonly down: number
}

const pass = (left: number, top: number, across: number, down: number): Pass => ({ left, top, across, down })
const whole = [pass(0, 0, 1, 1)]
const adam7 = [
  pass(0, 0, 8, 8),
  pass(4, 0, 8, 8),
  pass(0, 4, 4, 8),
  pass(2, 0, 4, 4),
  pass(0, 2, 2, 4),
  pass(1, 0, 2, 2),
  pass(0, 1, 1, 2),
]

/** The passes that have pixels, with their size. */
const passesOf = ({ width, height, interlaced }: PngLayout) =>
  (interlaced ? adam7 : whole)
    .map((one) => ({
      ...one,
      columns: Math.ceil((width - one.left) / one.across),
      rows: Math.ceil((height - one.top) / one.down),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)

/** Bytes of all filtered rows. */
export const filteredLength = (layout: PngLayout): number =>
  passesOf(layout).reduce((sum, { columns, rows }) => sum + rows * (1 + columns * layout.pixel), 0)

/** The nearest of three neighbors to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

/** Reverses the filter of the row at `at`, in place. The row before it, or zeros, lies at `before` in `above`. */
function unfilter(
  bytes: Uint8Array,
  at: number,
  length: number,
  pixel: number,
  filter: number,
  above: Uint8Array,
  before: number,
): void {
  for (let i = 0; i < length; i++) {
    const left = i < pixel ? 0 : bytes[at + i - pixel]
    const up = above[before + i]
    if (filter === 1) bytes[at + i] += left
    else if (filter === 2) bytes[at + i] += up
    else if (filter === 3) bytes[at + i] += (left + up) >> 1
    else bytes[at + i] += paeth(left, up, i < pixel ? 0 : above[before + i - pixel])
  }
}

/**
 * Returns the samples [height · width · pixel] from filtered rows, which it changes; null for an unknown filter.
 * `rows` has `filteredLength` bytes or more.
 */
export function samplesOf(rows: Uint8Array, layout: PngLayout): Uint8Array | null {
  const { width, height, pixel } = layout
  const samples = new Uint8Array(width * height * pixel)
  const zeros = new Uint8Array(width * pixel)
  let at = 0
  for (const { left, top, across, down, columns, rows: count } of passesOf(layout)) {
    const length = columns * pixel
    for (let y = 0; y < count; y++, at += 1 + length) {
      const filter = rows[at]
      if (filter > 4) return null
      const [above, before] = y === 0 ? [zeros, 0] : [rows, at - length]
      if (filter > 0) unfilter(rows, at + 1, length, pixel, filter, above, before)
      const to = ((top + y * down) * width + left) * pixel
      if (across === 1) samples.set(rows.subarray(at + 1, at + 1 + length), to)
      else
        for (let x = 0; x < columns; x++)
          for (let i = 0; i < pixel; i++) samples[to + x * across * pixel + i] = rows[at + 1 + x * pixel + i]
    }
  }
  return samples
}
