/** Checks, completes and changes run configurations. */
import type { Field } from './fields.ts'
import { resizedSide } from './side.ts'
import { table } from './table.ts'

type Values<T> = T extends Field<infer V> ? V : { [K in keyof T]: Values<T[K]> }
export type RunConfig = Values<typeof table>
type Partials<T> = T extends Field<infer V> ? V : { [K in keyof T]?: Partials<T[K]> }
/** A configuration in which any field may be missing. */
export type RunConfigInput = Partials<typeof table>

/** Thrown for an invalid configuration; the message names the key, the value and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  constructor(
    readonly key: string,
    message: string,
  ) {
    super(message)
  }
}

export interface FieldEntry {
  /** Dotted, as in `optimizer.learningRate`. */
  readonly key: string
  readonly field: Field<unknown>
}

type Tree = { readonly [key: string]: Field<unknown> | Tree }
const root: Tree = table as unknown as Tree
const isField = (node: Field<unknown> | Tree): node is Field<unknown> => 'field' in node && node.field === true
const dotted = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)

const walk = (tree: Tree, path: string): FieldEntry[] =>
  Object.entries(tree).flatMap(([key, node]) =>
    isField(node) ? [{ key: dotted(path, key), field: node }] : walk(node, dotted(path, key)),
  )

/** Every field with its dotted key, in the table's order. */
export const fieldEntries: readonly FieldEntry[] = walk(root, '')

const byKey = new Map(fieldEntries.map((entry) => [entry.key, entry.field]))

/** The field of a dotted key. Throws ConfigError for an unknown key. */
export function fieldOf(key: string): Field<unknown> {
  const field = byKey.get(key)
  if (!field) throw new ConfigError(key, `unknown configuration key: ${key} (have ${[...byKey.keys()].join(', ')})`)
  return field
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
/** At most 200 characters of a text. */
const shortened = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** As JSON, but with infinity and NaN as texts, which JSON would write as null. */
function show(v: unknown): string {
  const finite = (_: string, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part
  try {
    return shortened(JSON.stringify(v, finite) ?? String(v))
  } catch {
    // A link or a file can hold lists within lists that no function of the platform writes.
    return 'a value of too many levels'
  }
}

function acceptValue(key: string, field: Field<unknown>, value: unknown): unknown {
  const accepted = field.accept(value)
  if (accepted === undefined) throw new ConfigError(key, `invalid ${key}: ${show(value)}; it must be ${field.allowed}`)
  return structuredClone(accepted)
}

function complete(tree: Tree, input: unknown, path: string): Record<string, unknown> {
  if (!isRecord(input))
    throw new ConfigError(path, `invalid ${path || 'configuration'}: ${show(input)}; it must be an object`)
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(tree, key)) {
      const keys = Object.keys(tree).join(', ')
      throw new ConfigError(
        dotted(path, key),
        `unknown configuration key: ${shortened(dotted(path, key))} (value ${show(input[key])}; have ${keys})`,
      )
    }
  }
  return Object.fromEntries(
    Object.entries(tree).map(([key, node]) => {
      const value = input[key]
      const at = dotted(path, key)
      if (!isField(node)) return [key, complete(node, value === undefined ? {} : value, at)]
      return [key, value === undefined ? structuredClone(node.default) : acceptValue(at, node, value)]
    }),
  )
}

function checkTogether(config: RunConfig): RunConfig {
  const { batchSize, microBatchSize } = config.train
  if (microBatchSize > batchSize) {
    throw new ConfigError(
      'train.microBatchSize',
      `invalid train.microBatchSize: ${microBatchSize}; it must be at most train.batchSize (${batchSize})`,
    )
  }
  const { augmentation, inputSize, keptSide } = config.data
  const needed = resizedSide(augmentation, inputSize)
  if (keptSide !== null && keptSide < needed) {
    throw new ConfigError(
      'data.keptSide',
      `invalid data.keptSide: ${keptSide}; it must be null or at least ${needed}, which ${augmentation} needs for an input of ${inputSize}`,
    )
  }
  const k = config.data.balancedClasses
  if (config.data.balancedBatches && k !== null && k * 2 > batchSize) {
    throw new ConfigError(
      'data.balancedClasses',
      `invalid data.balancedClasses: ${k}; a batch of ${batchSize} images must hold at least two of each class (at most ${Math.floor(batchSize / 2)} classes)`,
    )
  }
  return config
}

/** Checks a parsed JSON value and fills in the defaults. Throws ConfigError. */
export const parseConfig = (input: unknown): RunConfig =>
  checkTogether(complete(root, input, '') as unknown as RunConfig)

export const defaultConfig = (): RunConfig => parseConfig({})

/** The value of a dotted key. */
export function getField(config: RunConfig, key: string): unknown {
  fieldOf(key)
  return key.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], config)
}

/** A copy with one field changed. Checks only the new value. Throws ConfigError. */
export function setField(config: RunConfigInput, key: string, value: unknown): RunConfigInput {
  const accepted = acceptValue(key, fieldOf(key), value)
  const copy = structuredClone(config) as Record<string, unknown>
  const parts = key.split('.')
  const last = parts.pop() as string
  const parent = parts.reduce<Record<string, unknown>>((node, part) => {
    node[part] ??= {}
    return node[part] as Record<string, unknown>
  }, copy)
  parent[last] = accepted
  return copy as RunConfigInput
}

/** A copy with one field parsed from text, as in `--set optimizer.learningRate=0.05`. Throws ConfigError. */
export function setFieldText(config: RunConfigInput, key: string, text: string): RunConfigInput {
  const field = fieldOf(key)
  const value = field.parse(text)
  if (value === undefined || field.accept(value) === undefined) {
    throw new ConfigError(key, `invalid ${key}: ${show(text)}; it must be ${field.allowed}`)
  }
  return setField(config, key, value)
}
