/** Selects the variant of a convolution: the one measured on this adapter, or a guess from the shape. */
import { flops, type Geometry, type Operation, readsRows } from './conv/geometry.ts'
import { tapShare } from './conv/taps.ts'
import {
  hasPanels,
  type PanelScheme,
  panelBytes,
  runs,
  type Scheme,
  schemeName,
  schemes,
  tapChannels,
  threadsOf,
  tileOf,
  type Variant,
} from './schemes.ts'
import { panelSpeed, plainSpeed } from './speeds.ts'

/** Names an operation and everything that its time depends on, for example `forward 8x4x4x256>4x4x64 1x1/1x1+0x0`. */
export const workKey = (operation: Operation, g: Geometry): string =>
  `${operation} ${g.images}x${g.height}x${g.width}x${g.inputs}>${g.outHeight}x${g.outWidth}x${g.outputs} ${g.kernel.join('x')}/${g.stride.join('x')}+${g.padding.join('x')}`

/** Work key → name of the variant, as a run records it. */
export type Choices = Readonly<Record<string, string>>

/** The properties of an adapter that decide which schemes can run and which is likely to be fast. */
export interface AdapterTraits {
  readonly software: boolean
  /** As the adapter reports them, `nvidia` and `ampere`; unknown by default. */
  readonly vendor?: string
  readonly architecture?: string
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/** The kernel variants of one executor. */
export interface KernelChoices {
  readonly adapter: AdapterTraits
  /** The variant that runs for an operation on a shape; always the same one for the same arguments. */
  readonly variantOf: (operation: Operation, g: Geometry) => Variant
}

/** The backend that dispatches convolutions, with the choices that it uses at present. */
export interface Chooser {
  choices: KernelChoices
}

/**
 * Choices from a record of variant names. The variant of a work is guessed if the record lacks the work, or if this
 * version does not know the variant.
 */
export function createChoices(adapter: AdapterTraits, named: Choices = {}): KernelChoices {
  const byName = new Map(runnable(adapter).map((scheme) => [schemeName(scheme), scheme]))
  const decided = new Map<string, Variant>()
  for (const [key, name] of Object.entries(named)) {
    const [schemePart, splits = '1'] = name.split('/')
    const scheme = byName.get(schemePart)
    if (scheme) decided.set(key, { scheme, splits: Number(splits) })
  }
  const variantOf = (operation: Operation, g: Geometry) => {
    const key = workKey(operation, g)
    const known = decided.get(key)
    if (known && runs(known.scheme, operation, g)) return known
    const variant = guess(operation, g, adapter)
    decided.set(key, variant)
    return variant
  }
  return { adapter, variantOf }
}

/** Runs `work` with other choices on the backend and restores the former ones afterwards. `work` must be synchronous. */
export function withChoices<T>(backend: Chooser, choices: KernelChoices, work: () => T): T {
  const before = backend.choices
  backend.choices = choices
  try {
    return work()
  } finally {
    backend.choices = before
  }
}

const runnable = (adapter: AdapterTraits): Scheme[] => schemes.filter((scheme) => fits(scheme, adapter))

/** Schemes that can run on the backend's adapter. */
export const usableSchemes = ({ choices }: Readonly<Chooser>): Scheme[] => runnable(choices.adapter)

/** Schemes that can run an operation on a shape on the backend's adapter. */
export const schemesFor = (backend: Readonly<Chooser>, operation: Operation, g: Geometry): Scheme[] =>
  usableSchemes(backend).filter((scheme) => runs(scheme, operation, g))

/** Whether an adapter has the features and the limits that a scheme needs. */
function fits(scheme: Scheme, { features, limits }: AdapterTraits): boolean {
  if (scheme.kind === 'quad' || scheme.kind === 'vector-quad') return features.includes('subgroups')
  if (!hasPanels(scheme)) return true
  return (
    threadsOf(scheme) <= limits.maxComputeInvocationsPerWorkgroup &&
    panelBytes(scheme) <= limits.maxComputeWorkgroupStorageSize
  )
}

/** Rows, columns and depth of the operation's matrix product; with `parts` products of that size side by side. */
export function productOf(operation: Operation, g: Geometry, kind: Scheme['kind']) {
  const pixels = g.images * g.outHeight * g.outWidth
  const taps = g.kernel[0] * g.kernel[1]
  if (operation === 'forward') return { rows: pixels, columns: g.outputs, depth: taps * g.inputs, parts: 1 }
  if (operation === 'filter-gradient') {
    const whole = kind === 'vector' && g.inputs === tapChannels
    const rows = whole ? taps * g.inputs : readsRows(g) ? g.kernel[1] * g.inputs : g.inputs
    return { rows, columns: g.outputs, depth: pixels, parts: (taps * g.inputs) / rows }
  }
  const parts = g.stride[0] * g.stride[1]
  return { rows: (g.images * g.height * g.width) / parts, columns: g.inputs, depth: (taps * g.outputs) / parts, parts }
}

/** Number of splits, at most `wanted` workgroups in all, that leaves each split a reduction of sensible length. */
export function splitsFor(operation: Operation, g: Geometry, scheme: Scheme, wanted: number): number {
  const tile = tileOf(scheme)
  const { rows, columns, parts } = productOf(operation, g, scheme.kind)
  const tiles = parts * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns)
  const pixels = g.outHeight * g.outWidth
  const longest =
    operation === 'filter-gradient'
      ? hasPanels(scheme)
        ? Math.ceil((pixels * g.images) / 64)
        : pixels
      : Math.ceil((operation === 'forward' ? g.inputs : g.outputs) / 32)
  return Math.max(1, Math.min(Math.floor(wanted / tiles), longest, 256))
}

/** Increases with every change that can change a result's bytes or which variant is fastest. */
export const kernelVersion = 7

const busy = ({ software }: AdapterTraits): number => (software ? 16 : 512)

/** Number of workgroups that occupies the whole adapter. */
export const busyWorkgroups = ({ choices }: Readonly<Chooser>): number => busy(choices.adapter)

/**
 * Small tiles for little work on software adapters. Below these floating point operations compilation dominates: a
 * software adapter compiles a large tile in 0.1 to 0.3 s and computes some billions of operations a second. The first
 * entry whose scheme is supported applies.
 */
const littleWork = [
  { below: 2e6, name: 'quad-4x8x4' },
  { below: 8e6, name: 'quad-8x16x4' },
  { below: 8e6, name: 'register-8x4' },
] as const
/** Number of outputs of the smallest tile that `guess` uses for more work than that. */
const leastTile = 64

/** Splits of a scheme's reductions that the tuner tries: none, and as many as occupy the adapter, or a quarter of them. */
export function splitsToTry(operation: Operation, g: Geometry, scheme: Scheme, adapter: AdapterTraits): number[] {
  const wanted = splitsFor(operation, g, scheme, busy(adapter))
  return [...new Set([1, wanted, Math.ceil(wanted / 4)])]
}

/** Threads that occupy a GPU: two groups of 32 for each of the 512 schedulers of a large one. */
const busyThreads = 2 ** 15

/** Products whose arithmetic takes as long as writing and reading one partial sum. */
const productsPerSum = 100

/**
 * Products whose arithmetic takes as long as the dispatch that adds the parts of a split: 7.5 µs on an H200, at 35 TFLOP/s. A split forward
 * convolution also leaves its moments to a program of their own.
 */
const productsPerDispatch = 1.3e8

/** The time that a variant is expected to take on a GPU, in any unit. */
function expectedTime(scheme: PanelScheme, splits: number, operation: Operation, g: Geometry, adapter: AdapterTraits) {
  const { vendor = '', architecture = '' } = adapter
  const { rows, columns, depth, parts } = productOf(operation, g, scheme.kind)
  const tiles = parts * Math.ceil(rows / scheme.rows) * Math.ceil(columns / scheme.columns)
  const products = tiles * scheme.rows * scheme.columns * depth
  const used = Math.min(1, (tiles * splits * threadsOf(scheme)) / busyThreads)
  const adding = splits > 1 ? splits * parts * rows * columns * productsPerSum + productsPerDispatch : 0
  return products / panelSpeed(scheme, vendor, architecture) / used + adding
}

/** The variants with panels, the fastest expected first; empty where none can run. */
export function rankedVariants(operation: Operation, g: Geometry, adapter: AdapterTraits): Variant[] {
  const suitable = runnable(adapter).filter((scheme) => runs(scheme, operation, g))
  const variants = suitable.filter(hasPanels).flatMap((scheme) =>
    splitsToTry(operation, g, scheme, adapter).map((splits) => ({
      variant: { scheme, splits },
      time: expectedTime(scheme, splits, operation, g, adapter),
    })),
  )
  return variants.sort((a, b) => a.time - b.time).map(({ variant }) => variant)
}

const guess = (operation: Operation, g: Geometry, adapter: AdapterTraits): Variant =>
  (adapter.software ? undefined : rankedVariants(operation, g, adapter).at(0)) ?? plainGuess(operation, g, adapter)

/** For software adapters, and for GPUs without workgroup memory for panels. */
function plainGuess(operation: Operation, g: Geometry, adapter: AdapterTraits): Variant {
  const usable = runnable(adapter)
  const { software } = adapter
  const size = (scheme: Scheme) => tileOf(scheme).rows * tileOf(scheme).columns
  // Without subgroups there are no quads; single threads run everywhere.
  const hasQuads = software && usable.some(({ kind }) => kind === 'quad')
  const kinds = hasQuads ? ['quad', 'vector-quad'] : ['register']
  const { rows, columns, parts } = productOf(operation, g, 'register')
  const candidates = usable.filter(
    (scheme) => kinds.includes(scheme.kind) && runs(scheme, operation, g) && size(scheme) >= leastTile,
  )
  // The fastest that neither wastes a third of its rows or columns nor leaves the adapter idle, and skips taps on padding.
  const useful = (scheme: Scheme) => {
    const tile = tileOf(scheme)
    const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns)
    const share = (rows * columns) / (tiles * tile.rows * tile.columns)
    const speed = plainSpeed(scheme) / tapShare(operation, g, scheme.kind === 'register' ? scheme.rows : tile.rows)
    return Math.min(1, share * 1.4) * Math.min(1, (tiles * parts * 8) / busy(adapter)) * speed
  }
  const scheme = candidates.reduce((best, next) => (useful(next) > useful(best) ? next : best))
  const splits = splitsFor(operation, g, scheme, busy(adapter))
  const little = littleWork.filter(({ below }) => software && flops(g) < below)
  const [plain] = little.flatMap(({ name }) => usable.filter((candidate) => schemeName(candidate) === name))
  // The splits of the larger tile: sums then have the same order, and results the same bytes.
  return { scheme: plain ?? scheme, splits }
}

/** The variant that the backend runs at present for an operation on a shape. */
export const chosenVariant = ({ choices }: Readonly<Chooser>, operation: Operation, g: Geometry): Variant =>
  choices.variantOf(operation, g)
