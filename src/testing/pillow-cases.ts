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
