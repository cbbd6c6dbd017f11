/**
 * Cross-layer correlation, as the authors' published code computes it: per image, the mean of a layer's k largest values
 * (k = 1, 2, 3); per class, Pearson's correlation over its images between every two layers, as an absolute value; then the
 * mean over classes. The control takes k random units in place of the k largest. Streams: keeps co-moments per class.
 */
import { stream } from '../random.ts'

const ks = [1, 2, 3] as const

/** A square table, row by row; NaN where no class has two images that differ. */
export type Table = number[][]

/** Tables by k: "1", "2", "3". */
export type ByK = Readonly<Record<string, Table>>

/** Means and co-moments of a class's images: products[i, j] = Σ (xᵢ − mean) (xⱼ − mean). */
interface CoMoments {
  count: number
  readonly means: Float64Array
  readonly products: Float64Array
}

const emptyMoments = (size: number): CoMoments => ({
  count: 0,
  means: new Float64Array(size),
  products: new Float64Array(size * size),
})

/** Welford's update, of all pairs. */
function addImage(moments: CoMoments, x: Float64Array): void {
  const { means, products } = moments
  const size = x.length
  moments.count++
  const before = x.map((value, i) => value - means[i])
  for (let i = 0; i < size; i++) means[i] += before[i] / moments.count
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) products[i * size + j] += before[i] * (x[j] - means[j])
}

function absoluteCorrelation({ means, products }: CoMoments): Float64Array {
  const size = means.length
  return products.map((product, at) => {
    const [i, j] = [Math.floor(at / size), at % size]
    const scale = Math.sqrt(products[i * size + i] * products[j * size + j])
    return scale === 0 ? Number.NaN : Math.min(1, Math.abs(product / scale))
  })
}

/** Mean over tables, entry by entry, of those that are numbers. */
function meanTable(tables: readonly Float64Array[], size: number): Table {
  const entry = (at: number) => {
    const values = tables.map((table) => table[at]).filter((value) => !Number.isNaN(value))
    return values.reduce((a, b) => a + b, 0) / values.length
  }
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => entry(i * size + j)))
}

/** Co-moments of each class, made when its first image comes. */
function createClassMoments(classes: number, size: number) {
  const all: (CoMoments | undefined)[] = new Array(classes)
  return {
    add: (label: number, x: Float64Array) => {
      all[label] ??= emptyMoments(size)
      addImage(all[label], x)
    },
    tables: () => all.flatMap((moments) => (moments ? [absoluteCorrelation(moments)] : [])),
  }
}

/** Means of the one, two and three largest of values[from … from + count); of all where there are fewer. */
export function topMeans(values: Float32Array, from: number, count: number): number[] {
  let [a, b, c] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = from; i < from + count; i++) {
    const value = values[i]
    if (value > a) [a, b, c] = [value, a, b]
    else if (value > b) [b, c] = [value, b]
    else if (value > c) c = value
  }
  return cumulativeMeans([a, b, c].slice(0, count))
}

/** Means of the first one, two and three values. */
const cumulativeMeans = (values: readonly number[]): number[] =>
  ks.map((k) => values.slice(0, k).reduce((a, b) => a + b, 0) / Math.min(k, values.length))

export interface CorrelationCalculator {
  /** layers: one [N · width] each, in order; labels: [N]. */
  readonly add: (layers: readonly Float32Array[], labels: Int32Array) => void
  readonly result: () => { readonly byK: ByK; readonly control: ByK }
}

/**
 * widths: units of each layer, classes last. The control draws `draws` times three units of each layer, the same for all
 * images, and averages over the draws.
 */
export function createCorrelation(
  widths: readonly number[],
  classes: number,
  { seed, draws }: { readonly seed: number; readonly draws: number },
): CorrelationCalculator {
  const size = widths.length
  const byK = () => ks.map(() => createClassMoments(classes, size))
  const measured = byK()
  const controls = Array.from({ length: draws }, (_, draw) => ({
    moments: byK(),
    units: widths.map((width, layer) =>
      stream(seed, 'random units', layer, draw)
        .shuffle(Int32Array.from({ length: width }, (_, u) => u))
        .slice(0, 3),
    ),
  }))
  const addTo = (moments: typeof measured, label: number, perLayer: readonly number[][]) => {
    for (const [i, own] of moments.entries())
      own.add(
        label,
        Float64Array.from(perLayer, (means) => means[i]),
      )
  }
  const tablesOf = (moments: readonly (typeof measured)[]): ByK =>
    Object.fromEntries(
      ks.map((k, i) => [
        k,
        meanTable(
          moments.flatMap((own) => own[i].tables()),
          size,
        ),
      ]),
    )
  return {
    add: (layers, labels) => {
      for (const [n, label] of labels.entries()) {
        addTo(
          measured,
          label,
          layers.map((values, layer) => topMeans(values, n * widths[layer], widths[layer])),
        )
        for (const { moments, units } of controls) {
          const chosen = (values: Float32Array, layer: number) =>
            Array.from(units[layer], (u) => values[n * widths[layer] + u])
          addTo(
            moments,
            label,
            layers.map((values, layer) => cumulativeMeans(chosen(values, layer))),
          )
        }
      }
    },
    result: () => ({ byK: tablesOf([measured]), control: tablesOf(controls.map(({ moments }) => moments)) }),
  }
}
