/** Files with the pixels that Pillow reads from them; the scripts in pillow/ made them. */
import { readFileSync } from 'node:fs'

export interface PillowCase {
  readonly name: string
  readonly bytes: Uint8Array
  /** Pillow's image as RGB; null where Pillow reads none. */
  readonly image: { readonly width: number; readonly height: number; readonly sha256: string } | null
}

interface StoredCase {
  readonly name: string
  readonly file: string
  readonly width?: number
  readonly height?: number
  readonly sha256?: string
}

/** Reads pillow/<file>.json. */
export function pillowCases(file: string): PillowCase[] {
  const text = readFileSync(new URL(`./pillow/${file}.json`, import.meta.url), 'utf8')
  const { cases } = JSON.parse(text) as { cases: StoredCase[] }
  return cases.map(({ name, file: content, width = 0, height = 0, sha256 }) => ({
    name,
    bytes: new Uint8Array(Buffer.from(content, 'base64')),
    image: sha256 === undefined ? null : { width, height, sha256 },
  }))
}

/** Files whose data end early, which Pillow fills with grey or with what padding happens to mean. */
const refused = /^JPEG.*: (cut, then zeros|cut, then an end|the last byte cut, then an end)$/
/** Only the last bits of some colors are missing in these. */
const lessExact = /^JPEG, progressive: (cut, then an end|the last byte cut, then an end)$/
/** Files with all their pixels that Pillow refuses, with the name of the same file with its end. */
const read: readonly (readonly [RegExp, string])[] = [
  [/^(JPEG, [^:]*(?::4:4)?): no end$/, '$1'],
  [/^(JPEG, progressive): (zeros|garbage) in place of the end$/, '$1'],
  [/^PNG: text cut in place of the end$/, 'PNG: no end'],
]

/** What the lab reads from a file: Pillow's image or null, unless the lists above name the file. */
export function expectedOf({ name, image }: PillowCase, all: readonly PillowCase[]): PillowCase['image'] {
  if (refused.test(name) && !lessExact.test(name)) return null
  const rule = read.find(([pattern]) => pattern.test(name))
  if (!rule) return image
  const whole = name.replace(rule[0], rule[1])
  return all.find((other) => other.name === whole)?.image ?? null
}
