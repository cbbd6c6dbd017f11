/** Damaged and hostile input for property tests of parsers. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { joined } from '../joined.ts'

/** A share of a length, for a place in data of any length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

type Damage = (bytes: Uint8Array<ArrayBuffer>, at: number, bit: number) => Uint8Array<ArrayBuffer>

const damages: Readonly<Record<string, Damage>> = {
  cut: (bytes, at) => bytes.slice(0, at),
  'with a flipped bit': (bytes, at, bit) => {
    const other = bytes.slice()
    other[at] ^= 1 << bit
    return other
  },
  'with zeros': (bytes, at) => bytes.slice().fill(0, at, at + 40),
  'with a doubled piece': (bytes, at) => joined([bytes.slice(0, at), bytes.slice(Math.max(0, at - 30))]),
  'without a piece': (bytes, at) => joined([bytes.slice(0, at), bytes.slice(at + 7)]),
  'with more behind it': (bytes, at) => joined([bytes, bytes.slice(at)]),
}

export interface Damaged {
  /** What was done, for the message of a failure. */
  readonly how: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The bytes of a file, damaged in one place. */
export const damagedBytes = (bytes: Uint8Array<ArrayBuffer>): fc.Arbitrary<Damaged> =>
  fc.tuple(fc.constantFrom(...Object.keys(damages)), place, fc.nat(7)).map(([damage, share, bit]) => {
    const at = Math.floor(share * bytes.length)
    return { how: `${damage}, at byte ${at}`, bytes: damages[damage](bytes, at, bit) }
  })

/** A list within lists, so deep that a recursive reader would overflow its stack. */
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** JSON texts of values that stand where another value is expected. */
const hostileTexts = [
  'null',
  'true',
  '""',
  '"x"',
  '"../../etc/passwd"',
  '"__proto__"',
  '-1',
  '0.5',
  '1e300',
  '1e999',
  '9007199254740993',
  '4294967296',
  '[]',
  '[null]',
  '[[[]]]',
  '{}',
  '{"length":1e9}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":1,"toJSON":1}',
  deep(20_000),
] as const

/** Keys that an object has without having been given them. */
const hostileKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'x'.repeat(10_000)] as const

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The number of values in a value, itself included. */
const count = (value: Json): number =>
  typeof value === 'object' && value !== null
    ? 1 + Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 0)
    : 1

type Change = 'replace' | 'remove' | 'add'

/** JSON of `value` with a change at its `number`th value, in the order of reading. */
function changed(value: Json, number: number, change: Change, text: string, key: string): string {
  let left = number
  function textOf(inner: Json): string | null {
    const here = left-- === 0
    if (here && change === 'remove') return null
    if (here && change === 'replace') return text
    if (Array.isArray(inner)) {
      const parts = inner.flatMap((one) => textOf(one) ?? [])
      return `[${(here ? [...parts, text] : parts).join()}]`
    }
    if (!isObject(inner)) return JSON.stringify(inner)
    const parts = Object.entries(inner).flatMap(([name, one]) => {
      const written = textOf(one)
      return written === null ? [] : [`${JSON.stringify(name)}:${written}`]
    })
    return `{${(here ? [...parts, `${JSON.stringify(key)}:${text}`] : parts).join()}}`
  }
  return textOf(value) ?? ''
}

/** The JSON of a value in which one value is another, is missing, or has one more entry. */
export function hostileJson(value: unknown): fc.Arbitrary<string> {
  const json = JSON.parse(JSON.stringify(value)) as Json
  return fc
    .tuple(
      fc.nat(count(json) - 1),
      fc.constantFrom<Change>('replace', 'remove', 'add'),
      fc.constantFrom(...hostileTexts),
      fc.constantFrom(...hostileKeys),
    )
    .map(([number, change, text, key]) => changed(json, number, change, text, key))
}

/** What a program says that did not expect its input. */
const bug =
  /undefined|null \(reading|is not a function|is not iterable|Invalid array|Invalid typed|call stack|Cannot (read|convert|mix|set)|out of memory|\bNaN\b/

/**
 * Reads input that may be bad. Returns the value, or null where the parser refused with one of its own errors, in words for
 * a user. Fails for any other error, and where a prototype was changed.
 */
export async function readOrRefused<T>(
  read: () => T | Promise<T>,
  errors: readonly (abstract new (...args: never[]) => Error)[],
): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    const isOwn = errors.some((type) => error instanceof type)
    expect(isOwn, `not one of the parser's errors: ${error instanceof Error ? error.stack : error}`).toBe(true)
    expect((error as Error).message).not.toMatch(bug)
    expect((error as Error).message.length).toBeLessThan(2000)
    return null
  } finally {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  }
}
