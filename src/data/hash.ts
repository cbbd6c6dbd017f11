import { hexOf } from '../hex.ts'

/** Hexadecimal. */
export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))

/** Compares by code units. */
export const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** SHA-256 over lines in sorted order; hexadecimal. */
export const linesHash = (lines: readonly string[]): Promise<string> =>
  sha256(new TextEncoder().encode([...lines].sort(byText).join('\n')))
