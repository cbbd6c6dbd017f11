/**
 * The kinds of configuration fields. A field has a default, checks values from JSON, and parses text from a flag, a URL or
 * an input element.
 */
export interface FieldInfo<V> {
  readonly default: V
  readonly label: string
  readonly help: string
  readonly unit?: string
}

export interface Field<V> extends FieldInfo<V> {
  readonly field: true
  readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'choice' | 'choices' | 'integers' | 'texts' | 'windows'
  readonly nullable: boolean
  /** The meaning of null, for instance `all`. */
  readonly meaning?: string
  readonly min?: number
  readonly max?: number
  readonly options?: readonly string[]
  /** The allowed values, as the end of the sentence "it must be …". */
  readonly allowed: string
  /** Returns the value, or undefined for a value that is not allowed. */
  readonly accept: (value: unknown) => V | undefined
  /** Parses the text of a flag or an input element; undefined when it cannot be parsed. */
  readonly parse: (text: string) => unknown
}

/** A window of epochs [fromEpoch, toEpoch) with a regularizer strength α. */
export interface Window {
  fromEpoch: number
  toEpoch: number
  alpha: number
}

type Kind<V> = Pick<Field<V>, 'kind' | 'allowed' | 'accept' | 'parse'> & Partial<Field<V>>

const make = <V>(info: FieldInfo<V>, kind: Kind<V>): Field<V> => ({ field: true, nullable: false, ...info, ...kind })

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v)
const readNumber = (text: string): unknown => (text.trim() === '' ? undefined : Number(text))
const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Range {
  min: number
  max: number
}
const span = ({ min, max }: Range) => (max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`)

export const text = (info: FieldInfo<string>): Field<string> =>
  make(info, {
    kind: 'text',
    allowed: 'a text that is not empty',
    accept: (v) => (typeof v === 'string' && v.trim() !== '' ? v : undefined),
    parse: (t) => t,
  })

export const number = (info: FieldInfo<number> & Range): Field<number> =>
  make(info, {
    kind: 'number',
    allowed: `a number ${span(info)}`,
    accept: (v) => (isNumber(v) && v >= info.min && v <= info.max ? v : undefined),
    parse: readNumber,
  })

export const integer = (info: FieldInfo<number> & Range): Field<number> =>
  make(info, {
    kind: 'integer',
    allowed: `a whole number ${span(info)}`,
    accept: (v) =>
      Number.isInteger(v) && (v as number) >= info.min && (v as number) <= info.max ? (v as number) : undefined,
    parse: readNumber,
  })

export const flag = (info: FieldInfo<boolean>): Field<boolean> =>
  make(info, {
    kind: 'boolean',
    allowed: 'true or false',
    accept: (v) => (typeof v === 'boolean' ? v : undefined),
    parse: readJson,
  })

export const choice = <const O extends readonly string[]>(
  info: FieldInfo<O[number]> & { options: O },
): Field<O[number]> =>
  make<O[number]>(info, {
    kind: 'choice',
    allowed: `one of ${info.options.join(', ')}`,
    accept: (v) => info.options.find((option) => option === v),
    parse: (t) => t,
  })

export const choices = <const O extends readonly string[]>(
  info: FieldInfo<O[number][]> & { options: O },
): Field<O[number][]> =>
  make<O[number][]>(info, {
    kind: 'choices',
    allowed: `a list of ${info.options.join(', ')}, each at most once`,
    accept: (v) =>
      Array.isArray(v) && new Set(v).size === v.length && v.every((item) => info.options.includes(item))
        ? v
        : undefined,
    parse: (t) => (t.trim().startsWith('[') ? readJson(t) : t.split(',').filter(Boolean)),
  })

export const integers = (info: FieldInfo<number[]> & Range & { length: number }): Field<number[]> =>
  make(info, {
    kind: 'integers',
    allowed: `a list of ${info.length} whole numbers ${span(info)}`,
    accept: (v) =>
      Array.isArray(v) &&
      v.length === info.length &&
      v.every((n) => Number.isInteger(n) && n >= info.min && n <= info.max)
        ? v
        : undefined,
    parse: (t) => (t.trim().startsWith('[') ? readJson(t) : t.split(',').map(Number)),
  })

export const texts = (info: FieldInfo<string[] | null>): Field<string[] | null> =>
  make<string[] | null>(info, {
    kind: 'texts',
    nullable: true,
    meaning: 'all',
    allowed: 'null (all) or a list of at least two different texts',
    accept: (v) =>
      v === null ||
      (Array.isArray(v) &&
        v.length > 1 &&
        new Set(v).size === v.length &&
        v.every((t) => typeof t === 'string' && t !== ''))
        ? v
        : undefined,
    parse: (t) => {
      if (t.trim() === '' || t.trim() === 'null') return null
      return t.trim().startsWith('[') ? readJson(t) : t.split(',').map((item) => item.trim())
    },
  })

/** The same field, which also accepts null. */
export const orNull = <V>(field: Field<V>, info: { default: V | null; meaning: string }): Field<V | null> => ({
  ...field,
  default: info.default,
  nullable: true,
  meaning: info.meaning,
  allowed: `null (${info.meaning}) or ${field.allowed}`,
  accept: (v) => (v === null ? null : field.accept(v)),
  parse: (t) => (t.trim() === '' || t.trim() === 'null' ? null : field.parse(t)),
})

const isWindow = (v: unknown, { min, max }: Range): v is Window => {
  if (typeof v !== 'object' || v === null || Object.keys(v).length !== 3) return false
  const { fromEpoch, toEpoch, alpha } = v as Record<string, unknown>
  return (
    isNumber(fromEpoch) &&
    isNumber(toEpoch) &&
    isNumber(alpha) &&
    fromEpoch >= 0 &&
    toEpoch > fromEpoch &&
    alpha >= min &&
    alpha <= max
  )
}

const apart = (windows: Window[]): boolean => {
  const sorted = [...windows].sort((a, b) => a.fromEpoch - b.fromEpoch)
  return sorted.every((w, i) => i === 0 || w.fromEpoch >= sorted[i - 1].toEpoch)
}

export const windows = (info: FieldInfo<Window[]> & Range): Field<Window[]> =>
  make(info, {
    kind: 'windows',
    allowed: `a list of {"fromEpoch", "toEpoch", "alpha"} that do not overlap, with 0 ≤ fromEpoch < toEpoch and alpha ${span(info)}`,
    accept: (v) => (Array.isArray(v) && v.every((w) => isWindow(w, info)) && apart(v) ? v : undefined),
    parse: readJson,
  })
