/** Fits a file of weights to a model: finds the prefix of the names, checks shapes, widens numbers, orders the classifier. */
import { modelText } from '../config/model-text.ts'
import type { ClassInfo, InitialRecord } from '../protocol/environment.ts'
import { type RowOrder, rowOrder } from '../row-order.ts'
import { guessModel } from './architecture-guess.ts'
import { storedClasses, withRows } from './classifier-rows.ts'
import { floatTypes } from './dtypes.ts'
import type { Architecture } from './resnet.ts'
import { floatsOf, type StoredTensor, type TensorFile } from './safetensors.ts'
import { type WeightSpec, weightSpecs } from './weight-specs.ts'

/** Thrown for weights that do not fit the model; the message names the tensor. */
export class WeightsError extends Error {
  override name = 'WeightsError'
  /** What the user can choose: a fresh classifier where only that does not fit, or one of several prefixes. */
  readonly choice: 'classifier' | 'prefix' | null

  constructor(message: string, { choice = null, cause }: { choice?: WeightsError['choice']; cause?: unknown } = {}) {
    super(message, { cause })
    this.choice = choice
  }
}

export interface FitOptions {
  /** Uses the tensors whose names begin with it, without it. Absent: the common prefix is found. */
  readonly prefix?: string
  /** Weights that are not taken from the file, by the beginnings of their names: `fc`, `layer4.2`. */
  readonly without?: readonly string[]
  /** The classes of the model's outputs in their order; absent, rows of the classifier are taken as they are. */
  readonly classes?: readonly ClassInfo[]
}

export interface FittedWeights {
  /** Values in torchvision's layout by name, without those that begin fresh. */
  readonly values: ReadonlyMap<string, Float32Array>
  /** Updates of the running statistics so far. */
  readonly batchNormUpdates: number
  readonly record: Omit<InitialRecord, 'file' | 'sha256'>
  /** What was found in the file. */
  readonly notes: readonly string[]
  /** What may change the meaning of the outputs. */
  readonly warnings: readonly string[]
}

type Tensors = TensorFile['tensors']

/** A network of any size has these tensors. */
const landmarks = ['conv1.weight', 'bn1.weight', 'layer1.0.conv1.weight']

/** Beginnings of names, `module.` or empty, behind which the file has a ResNet. */
export function prefixesIn(tensors: Tensors): string[] {
  const last = landmarks[landmarks.length - 1]
  return [...tensors.keys()].flatMap((name) => {
    const prefix = name.endsWith(last) ? name.slice(0, -last.length) : null
    return prefix !== null && landmarks.every((one) => tensors.has(prefix + one)) ? [prefix] : []
  })
}

const quoted = (prefix: string) => (prefix === '' ? 'no prefix' : prefix)

function prefixOf(tensors: Tensors): string {
  const found = prefixesIn(tensors)
  if (found.length > 1)
    throw new WeightsError(
      `several parts of the file have such weights (${found.map(quoted).join(', ')}); choose one by its prefix`,
      { choice: 'prefix' },
    )
  return found[0] ?? ''
}

/** The tensors behind a prefix, without it. */
export function tensorsBehind(tensors: Tensors, prefix: string): Tensors {
  if (prefix === '') return tensors
  const inside = [...tensors].filter(([name]) => name.startsWith(prefix))
  const have = prefixesIn(tensors).map(quoted).join(', ')
  const hint = have ? ` (weights have ${have})` : ''
  if (inside.length === 0) throw new WeightsError(`no tensor begins with ${prefix}${hint}`)
  if (hint && !landmarks.some((one) => tensors.has(prefix + one)))
    throw new WeightsError(`no weights of a network begin with ${prefix}${hint}`)
  return new Map(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}

const isPart = (name: string, part: string) => name === part || name.startsWith(`${part.replace(/\.$/, '')}.`)

/** The weights that begin fresh. Throws WeightsError for a part that the model does not have. */
function freshOf(specs: readonly WeightSpec[], without: readonly string[]): ReadonlySet<string> {
  const other = without.find((part) => !specs.some(({ name }) => isPart(name, part)))
  if (other !== undefined)
    throw new WeightsError(`this model has no weights ${other} (have conv1, bn1, layer1, layer1.0, …, fc)`)
  return new Set(specs.map(({ name }) => name).filter((name) => without.some((part) => isPart(name, part))))
}

/** Why a tensor does not fit its place, or null. */
function mismatchOf(tensor: StoredTensor | undefined, { name, shape }: WeightSpec): string | null {
  if (!tensor) return `missing tensor: ${name}`
  if (tensor.shape.join() !== shape.join())
    return `wrong shape of ${name}: [${tensor.shape}] in the file, [${shape}] in this model`
  const isFloat = floatTypes.some((type) => type === tensor.dtype)
  return isFloat ? null : `wrong type of ${name}: ${tensor.dtype} (expected ${floatTypes.join(', ')})`
}

const isCounter = (name: string) => name.endsWith('.num_batches_tracked')
/** Names of a ResNet's weights; a file may have other parts, such as an optimizer's. */
const isOfResnet = (name: string) => /^(conv|bn|layer|fc)\d*\./.test(name)

const more = (count: number) => {
  if (count === 0) return ''
  return count === 1 ? '; one more tensor does not fit' : `; ${count} more tensors do not fit`
}

/** Throws WeightsError with the first mismatch, the number of others, and what the file looks like. */
function refuse(mismatches: readonly { name: string; text: string }[], tensors: Tensors, order: RowOrder | null) {
  const [first] = mismatches
  const isClassifier = mismatches.every(({ name }) => isPart(name, 'fc'))
  const guess = guessModel(tensors)
  const looks = guess && !isClassifier ? `. The file looks like ${modelText(guess)}` : ''
  const why = isClassifier && order?.kind === 'other' ? `; ${order.text}` : ''
  const choice = isClassifier ? 'classifier' : null
  throw new WeightsError(`${first.text}${more(mismatches.length - 1)}${why}${looks}`, { choice })
}

function requireFit(
  specs: readonly WeightSpec[],
  tensors: Tensors,
  fresh: ReadonlySet<string>,
  order: RowOrder | null,
): void {
  const mismatches = specs.flatMap((spec) => {
    const text = fresh.has(spec.name) ? null : mismatchOf(tensors.get(spec.name), spec)
    return text === null ? [] : [{ name: spec.name, text }]
  })
  if (mismatches.length > 0) refuse(mismatches, tensors, order)
  const known = new Set(specs.map(({ name }) => name))
  const isUnknown = (name: string) => !known.has(name) && isOfResnet(name) && !isCounter(name)
  const unknown = [...tensors.keys()].filter(
    (name) => isUnknown(name) && !(fresh.has('fc.weight') && isPart(name, 'fc')),
  )
  if (unknown.length > 0) {
    refuse(
      unknown.map((name) => ({ name: '', text: `unknown tensor: ${name} (this model has no such weight)` })),
      tensors,
      order,
    )
  }
  if (order?.kind === 'other') throw new WeightsError(order.text, { choice: 'classifier' })
}

/** The number at a place as the file has it, which may be beyond a 32-bit float. */
const storedNumber = ({ dtype, data }: StoredTensor, at: number): number =>
  dtype === 'F64' ? new DataView(data.buffer, data.byteOffset).getFloat64(8 * at, true) : Number.NaN

/** The values of a tensor that fits its place. Throws WeightsError for a number that no such tensor can have. */
function finite(tensor: StoredTensor, name: string): Float32Array {
  const values = floatsOf(tensor)
  if (!values) throw new WeightsError(`wrong type of ${name}: ${tensor.dtype} (expected ${floatTypes.join(', ')})`)
  const isVariance = name.endsWith('.running_var')
  const at = values.findIndex((value) => !Number.isFinite(value) || (isVariance && value < 0))
  if (at < 0) return values
  if (Number.isFinite(values[at]))
    throw new WeightsError(`${name} has the value ${values[at]}, and a variance is never negative`)
  const number = storedNumber(tensor, at)
  throw new WeightsError(
    Number.isFinite(number)
      ? `${name} has the value ${number}, which is beyond the range of 32-bit floats`
      : `${name} has the value ${values[at]}, which is not finite`,
  )
}

/** The values of all tensors of a file that has exactly these. Throws WeightsError. */
export function tensorValues(specs: readonly WeightSpec[], { tensors }: TensorFile): Map<string, Float32Array> {
  requireFit(specs, tensors, new Set(), null)
  return new Map(specs.map(({ name }) => [name, finite(tensors.get(name) as StoredTensor, name)]))
}

/** The number of batch norm updates stored in a file; 0 when the file has no usable one. No measurement depends on it. */
function updatesIn(tensors: Tensors): number {
  const count = tensors.get('bn1.num_batches_tracked')?.data
  const updates = count instanceof BigInt64Array ? Number(count[0] ?? 0n) : 0
  return Number.isSafeInteger(updates) && updates >= 0 ? updates : 0
}

function orderOf(file: TensorFile, { classes }: FitOptions, fresh: ReadonlySet<string>): RowOrder | null {
  const stored = storedClasses(file)
  return !stored || !classes || fresh.has('fc.weight') ? null : rowOrder(stored, classes)
}

/**
 * Fits a file to a model. Rows of the classifier are put into the order of the model's classes where the file lists its own.
 * Throws WeightsError, which names the first tensor that does not fit.
 */
export function fitWeights(net: Architecture, file: TensorFile, options: FitOptions = {}): FittedWeights {
  const specs = weightSpecs(net)
  const prefix = options.prefix ?? prefixOf(file.tensors)
  const tensors = tensorsBehind(file.tensors, prefix)
  const fresh = freshOf(specs, options.without ?? [])
  const order = orderOf(file, options, fresh)
  requireFit(specs, tensors, fresh, order)
  const taken = specs.filter(({ name }) => !fresh.has(name))
  const values = new Map(
    taken.map(({ name }) => {
      const own = finite(tensors.get(name) as StoredTensor, name)
      return [name, order?.kind === 'remapped' && isPart(name, 'fc') ? withRows(own, order.rows) : own]
    }),
  )
  const dtypes = [...new Set(taken.map(({ name }) => tensors.get(name)?.dtype ?? ''))].sort()
  const classes = fresh.has('fc.weight') ? 'fresh' : (order?.kind ?? 'unknown')
  const record = { prefix, dtypes, fresh: [...fresh], classes: classes === 'other' ? 'unknown' : classes } as const
  const used = (name: string) =>
    name.startsWith(prefix) &&
    (values.has(name.slice(prefix.length)) || fresh.has(name.slice(prefix.length)) || isCounter(name))
  const unused = [...file.tensors.keys()].filter((name) => !used(name))
  return {
    values,
    batchNormUpdates: updatesIn(tensors),
    record,
    notes: notesOf(record, unused),
    warnings: warningsOf(record, order, options),
  }
}

function notesOf({ prefix, dtypes, fresh }: FittedWeights['record'], unused: readonly string[]): string[] {
  const others = dtypes.filter((type) => type !== 'F32')
  const left = `${unused.length === 1 ? 'One tensor is' : `${unused.length} tensors are`} not used, for example`
  return [
    ...(prefix === '' ? [] : [`The names of the weights begin with ${prefix}, which is left out.`]),
    ...(others.length === 0 ? [] : [`The numbers (${others.join(', ')}) become 32-bit floats.`]),
    ...(fresh.length === 0
      ? []
      : [`Fresh from the seed: ${fresh.slice(0, 4).join(', ')}${fresh.length > 4 ? ', …' : ''}.`]),
    ...(unused.length === 0 ? [] : [`${left} ${unused[0]}.`]),
  ]
}

function warningsOf(record: FittedWeights['record'], order: RowOrder | null, { classes }: FitOptions): string[] {
  if (order?.kind === 'remapped')
    return [`The rows of the classifier were put into the order of this dataset’s classes: ${order.text}.`]
  if (record.classes !== 'unknown' || !classes) return []
  return [
    'The file does not say which classes the rows of its classifier stand for. They are used in the order of this dataset’s classes; check that it is the same.',
  ]
}
