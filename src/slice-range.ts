/** The range of a slice, as `Blob.slice` takes it: a negative position counts from the end, and positions outside are moved inside. */
export function sliceRange(size: number, start: number, end: number): readonly [from: number, to: number] {
  const within = (at: number) => Math.min(size, Math.max(0, at < 0 ? size + at : at))
  const from = within(start)
  return [from, Math.max(from, within(end))]
}
