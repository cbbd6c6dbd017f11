/** Checks parsed JSON against a shape, before the program trusts its type. */

/** Returns what is wrong with a value, such as `classes.0.id is not a text`, or null. `at` is the value's place. */
export type Shape = (value: unknown, at: string) => string | null

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a value has more levels of lists and objects than these. Functions of the platform fail at some thousands. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

const named = (at: string, key: string | number) => (at === '' ? `${key}` : `${at}.${key}`)

const simple =
  (what: string, is: (value: unknown) => boolean): Shape =>
  (value, at) => {
    if (value === undefined) return `${at || 'it'} is missing`
    return is(value) ? null : `${at || 'it'} is not ${what}`
  }

export const text = simple('a text', (value) => typeof value === 'string')
/** A number; null stands for one that is not finite, as in JSON. */
export const numberOrNull = simple('a number', (value) => value === null || Number.isFinite(value))
export const finite = simple('a number', Number.isFinite)
/** A number from 0, such as a count or a time. */
export const amount = simple('a number from 0', (value) => Number.isFinite(value) && Number(value) >= 0)
/** A whole number from 0, such as an index. */
export const wholeAmount = simple('a whole number from 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0)
export const flag = simple('true or false', (value) => typeof value === 'boolean')
export const record = simple('an object', isRecord)

export const oneOf = (...options: readonly string[]): Shape =>
  simple(`one of ${options.join(', ')}`, (value) => options.some((option) => option === value))

export const pattern = (what: string, matches: RegExp): Shape =>
  simple(what, (value) => typeof value === 'string' && matches.test(value))

export const orNull =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? null : shape(value, at)

export const optional =
  (shape: Shape): Shape =>
  (value, at) =>
    value === undefined ? null : shape(value, at)

/** The first problem that a check of the entries finds. */
function firstProblem<T>(entries: readonly T[], check: (entry: T, i: number) => string | null): string | null {
  for (const [i, entry] of entries.entries()) {
    const problem = check(entry, i)
    if (problem !== null) return problem
  }
  return null
}

export const list =
  (shape: Shape): Shape =>
  (value, at) =>
    Array.isArray(value)
      ? firstProblem(value, (entry, i) => shape(entry, named(at, i)))
      : simple('a list', Array.isArray)(value, at)

/** An object with at least these fields. */
export const object = (fields: Readonly<Record<string, Shape>>): Shape => {
  const shapes = Object.entries(fields)
  return (value, at) =>
    isRecord(value) ? firstProblem(shapes, ([key, shape]) => shape(value[key], named(at, key))) : record(value, at)
}

/** An object whose values have one shape. */
export const each =
  (shape: Shape): Shape =>
  (value, at) =>
    isRecord(value)
      ? firstProblem(Object.entries(value), ([key, own]) => shape(own, named(at, key)))
      : record(value, at)
