/**
 * Cross-layer correlation, as the authors' published code computes it: for each image, the mean of a layer's k largest
 * values (k = 1, 2, 3); for each class, Pearson's correlation over its images between every two layers, as an absolute
 * value; then the mean over classes. The control takes k random units instead of the k largest. Streams co-moments by class.
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

/** Welford's update, for all pairs of entries. */
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

/** Mean over tables, entry by entry; entries that are NaN are left out. */
function meanTable(tables: readonly Float64Array[], size: number): Table {
  const entry = (at: number) => {
    const values = tables.map((table) => table[at]).filter((value) => !Number.isNaN(value))
    return values.reduce((a, b) => a + b, 0) / values.length
  }
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => entry(i * size + j)))
}

/** For each k the co-moments of each class; a class without images has none. */
type MomentsByK = readonly (CoMoments | undefined)[][]

const emptyByK = (classes: number): MomentsByK => ks.map(() => new Array(classes))

/** Adds an image. perLayer: for each layer one value for each k. */
function addMeans(byK: MomentsByK, label: number, perLayer: readonly number[][]): void {
  for (const [i, byClass] of byK.entries()) {
    byClass[label] ??= emptyMoments(perLayer.length)
    addImage(
      byClass[label],
      Float64Array.from(perLayer, (means) => means[i]),
    )
  }
}

/** The mean over the classes of one or several runs of co-moments. */
function tablesOf(all: readonly MomentsByK[], size: number): ByK {
  const tables = (i: number) =>
    all.flatMap((byK) => byK[i].flatMap((moments) => (moments ? [absoluteCorrelation(moments)] : [])))
  return Object.fromEntries(ks.map((k, i) => [k, meanTable(tables(i), size)]))
}

/** Means of the first one, two and three values; of all where there are fewer. */
const cumulativeMeans = (values: readonly number[]): number[] =>
  ks.map((k) => values.slice(0, k).reduce((a, b) => a + b, 0) / Math.min(k, values.length))

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

export interface CorrelationCalculator {
  /** Adds a batch. layers: one [N · width] each, in order; labels: [N]. */
  readonly add: (layers: readonly Float32Array[], labels: Int32Array) => void
  readonly result: () => { readonly byK: ByK; readonly control: ByK }
}

interface ControlOptions {
  readonly seed: number
  readonly draws: number
}

/** One draw of the control: three random units of each layer, the same for all images. */
const drawUnits = (widths: readonly number[], { seed }: ControlOptions, draw: number): Int32Array[] =>
  widths.map((width, layer) =>
    stream(seed, 'random units', layer, draw)
      .shuffle(Int32Array.from({ length: width }, (_, u) => u))
      .slice(0, 3),
  )

/** widths: units of each layer, the classes last. The control averages over `draws` draws of random units. */
export function createCorrelation(
  widths: readonly number[],
  classes: number,
  options: ControlOptions,
): CorrelationCalculator {
  const measured = emptyByK(classes)
  const controls = Array.from({ length: options.draws }, (_, draw) => ({
    moments: emptyByK(classes),
    units: drawUnits(widths, options, draw),
  }))
  const add = (layers: readonly Float32Array[], n: number, label: number) => {
    const largest = layers.map((values, layer) => topMeans(values, n * widths[layer], widths[layer]))
    addMeans(measured, label, largest)
    for (const { moments, units } of controls) {
      const random = layers.map((values, layer) =>
        cumulativeMeans(Array.from(units[layer], (u) => values[n * widths[layer] + u])),
      )
      addMeans(moments, label, random)
    }
  }
  return {
    add: (layers, labels) => {
      for (const [n, label] of labels.entries()) add(layers, n, label)
    },
    result: () => ({
      byK: tablesOf([measured], widths.length),
      control: tablesOf(
        controls.map(({ moments }) => moments),
        widths.length,
      ),
    }),
  }
}
