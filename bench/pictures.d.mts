import type { EncodedImages } from './data.ts'

export function pictures(count: number): Promise<EncodedImages[]>
export function sharpRate(files: readonly Uint8Array[], cores: number, cpuSeconds: () => number): Promise<number>
