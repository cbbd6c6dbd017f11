import { sha256 } from '../sha256.ts'

/** Compares by code units. */
export const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** SHA-256 over lines in sorted order; hexadecimal. */
export const linesHash = (lines: readonly string[]): Promise<string> => sha256([...lines].sort(byText).join('\n'))
