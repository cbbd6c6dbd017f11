/** Which variant of a convolution runs: what the tuner measured on this adapter, else a guess from the shape. */
import type { LabBackend } from '../lab-backend.ts'
import { flops, type Geometry, readsRows } from './conv/geometry.ts'
import type { Operation } from './conv/operations.ts'
import { type Scheme, schemeName, schemes, threadsOf, tileOf, type Variant, variantName } from './schemes.ts'

/** `forward 8x4x4x256>4x4x64 1x1/1+0`: operation and everything that its time depends on. */
export const workKey = (operation: Operation, g: Geometry): string =>
  `${operation} ${g.images}x${g.height}x${g.width}x${g.inputs}>${g.outHeight}x${g.outWidth}x${g.outputs} ${g.kernel.join('x')}/${g.stride.join('x')}+${g.padding.join('x')}`

/** Work key → name of the variant. */
export type Choices = Readonly<Record<string, string>>

interface Preference {
  readonly software: boolean
  readonly subgroups: boolean
  readonly limits: Pick<GPUSupportedLimits, 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupStorageSize'>
}

interface Settings {
  readonly preference: Preference
  choices: ReadonlyMap<string, Variant>
  /** Variants in use by work key: each is decided once. */
  readonly used: Map<string, Variant>
}

const settings = new WeakMap<LabBackend, Settings>()

/** Says what the adapter is like; done once, when the backend is made. */
export function prepareChoices(backend: LabBackend, software: boolean): void {
  const { features, limits } = backend.device
  const preference = { software, subgroups: features.has('subgroups'), limits }
  settings.set(backend, { preference, choices: new Map(), used: new Map() })
}

const settingsOf = (backend: LabBackend): Settings => {
  const found = settings.get(backend)
  if (!found) throw new Error('the backend was not prepared: call prepareChoices')
  return found
}

/** Schemes that can run on an adapter. */
export function usableSchemes(backend: LabBackend): Scheme[] {
  const { preference } = settingsOf(backend)
  return schemes.filter((scheme) => runs(scheme, preference))
}

function runs(scheme: Scheme, { subgroups, limits }: Preference): boolean {
  if (scheme.kind === 'quad') return subgroups
  if (scheme.kind === 'register') return true
  const bytes = 4 * scheme.depth * (scheme.rows + scheme.columns)
  return threadsOf(scheme) <= limits.maxComputeInvocationsPerWorkgroup && bytes <= limits.maxComputeWorkgroupStorageSize
}

/** Rows, columns and depth of the operation's matrix product; with `parts` products of that size side by side. */
export function productOf(operation: Operation, g: Geometry) {
  const pixels = g.images * g.outHeight * g.outWidth
  const taps = g.kernel[0] * g.kernel[1]
  if (operation === 'forward') return { rows: pixels, columns: g.outputs, depth: taps * g.inputs, parts: 1 }
  if (operation === 'filter-gradient') {
    const rows = readsRows(g) ? g.kernel[1] * g.inputs : g.inputs
    return { rows, columns: g.outputs, depth: pixels, parts: (taps * g.inputs) / rows }
  }
  const parts = g.stride[0] * g.stride[1]
  return { rows: (g.images * g.height * g.width) / parts, columns: g.inputs, depth: (taps * g.outputs) / parts, parts }
}

/** How far a reduction can be split for an operation: not below a sensible length. */
export function splitsFor(operation: Operation, g: Geometry, scheme: Scheme, wanted: number): number {
  const tile = tileOf(scheme)
  const { rows, columns, parts } = productOf(operation, g)
  const tiles = parts * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns)
  const pixels = g.outHeight * g.outWidth
  const longest =
    operation === 'filter-gradient'
      ? scheme.kind === 'tile'
        ? Math.ceil((pixels * g.images) / 64)
        : pixels
      : Math.ceil((operation === 'forward' ? g.inputs : g.outputs) / 32)
  return Math.max(1, Math.min(Math.floor(wanted / tiles), longest, 256))
}

/** Grows with every change that can change a result's bytes or which variant is fastest. */
export const kernelVersion = 2

const busy = ({ software }: Preference): number => (software ? 16 : 512)

/** Workgroups that keep the adapter busy. */
export const busyWorkgroups = (backend: LabBackend): number => busy(settingsOf(backend).preference)

/**
 * Work that takes less than compiling a large tile does, in floating point operations, and the scheme for it, the first that
 * can run: a software adapter compiles for 0.1 to 0.3 s, and computes some billions a second.
 */
const littleWork = [
  { below: 2e6, name: 'quad-4x8x4' },
  { below: 8e6, name: 'quad-8x16x4' },
  { below: 8e6, name: 'register-8x4' },
] as const
/** Outputs of the smallest tile for more than that. */
const leastTile = 64

function guess(operation: Operation, g: Geometry, preference: Preference): Variant {
  const { rows, columns, parts } = productOf(operation, g)
  const usable = schemes.filter((scheme) => runs(scheme, preference))
  const kind = preference.software ? (preference.subgroups ? 'quad' : 'register') : 'tile'
  const size = (scheme: Scheme) => tileOf(scheme).rows * tileOf(scheme).columns
  const candidates = usable.filter((scheme) => scheme.kind === kind && size(scheme) >= leastTile)
  // The largest tile that neither wastes a third of its rows or columns nor leaves the adapter idle.
  const useful = (scheme: Scheme) => {
    const tile = tileOf(scheme)
    const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns)
    const share = (rows * columns) / (tiles * tile.rows * tile.columns)
    return Math.min(1, share * 1.4) * Math.min(1, (tiles * parts * 8) / busy(preference)) * size(scheme) ** 0.5
  }
  const scheme = candidates.reduce((best, next) => (useful(next) > useful(best) ? next : best))
  const splits = splitsFor(operation, g, scheme, busy(preference))
  const little = littleWork.filter(({ below }) => preference.software && flops(g) < below)
  const [plain] = little.flatMap(({ name }) => usable.filter((candidate) => schemeName(candidate) === name))
  // Split as for the larger tile: sums then have the same order, and results the same bytes.
  return { scheme: plain ?? scheme, splits }
}

/** The variant for an operation on a shape. */
export function chosenVariant(backend: LabBackend, operation: Operation, g: Geometry): Variant {
  const { used, choices, preference } = settingsOf(backend)
  const key = workKey(operation, g)
  const known = used.get(key)
  if (known) return known
  const variant = choices.get(key) ?? guess(operation, g, preference)
  used.set(key, variant)
  return variant
}

/** Takes choices over; what is not among them is guessed. Unknown names are passed over. */
export function setChoices(backend: LabBackend, choices: Choices): void {
  const own = settingsOf(backend)
  const byName = new Map(usableSchemes(backend).map((scheme) => [variantName({ scheme, splits: 1 }), scheme]))
  const parsed = Object.entries(choices).flatMap(([key, name]): [string, Variant][] => {
    const [schemePart, splits = '1'] = name.split('/')
    const scheme = byName.get(schemePart)
    return scheme ? [[key, { scheme, splits: Number(splits) }]] : []
  })
  own.choices = new Map(parsed)
  own.used.clear()
}
