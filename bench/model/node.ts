/** The model with its files: measured times to compare with, and the kernels whose machine code is to be counted. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../src/message.ts'
import type { BenchOptions } from '../case.ts'
import { benchModel, type ModelOptions, type ModelResult } from '../model.ts'
import type { ProfileResult } from '../profile.ts'
import { modelClass } from './classes.ts'

export interface NodeModelOptions extends Omit<ModelOptions, 'wgsl'> {
  /** Folder for the WGSL of the convolutions, or null. */
  readonly wgsl: string | null
  /** Whether the report lists every command. */
  readonly list: boolean
  /** File of a result of the benchmark `profile`, or null. */
  readonly measured: string | null
}

export interface Measured {
  readonly adapter: string
  /** Class → milliseconds. */
  readonly milliseconds: Readonly<Record<string, number>>
  /** Of a whole step. */
  readonly millisecondsPerStep: number
}

/** The measured time of each class of the model. Throws Error for a file that is no profile, or one of another network. */
export function measuredTimes(file: string, expected: BenchOptions): Measured {
  let profile: ProfileResult
  try {
    profile = JSON.parse(readFileSync(file, 'utf8'))
    if (!Array.isArray(profile.rows) || !profile.case) throw new Error('it has no case or no rows')
  } catch (cause) {
    throw new Error(`cannot read ${file}, which bench profile --json writes: ${messageOf(cause)}`, { cause })
  }
  if (!isDeepStrictEqual(profile.case, expected))
    throw new Error(`${file} was measured with ${JSON.stringify(profile.case)}, not with ${JSON.stringify(expected)}`)
  const milliseconds: Record<string, number> = {}
  for (const { program, milliseconds: own } of profile.rows) {
    const name = modelClass(program)
    milliseconds[name] = (milliseconds[name] ?? 0) + own
  }
  return { adapter: profile.adapter, milliseconds, millisecondsPerStep: profile.millisecondsPerStep }
}

/** One file for each program, which begins with the program's key. */
function writeKernels(folder: string, programs: ModelResult['programs']): string[] {
  mkdirSync(folder, { recursive: true })
  return Object.entries(programs).map(([key, wgsl]) => {
    const file = join(folder, `${key.replaceAll(/[^\w-]+/g, '_')}.wgsl`)
    writeFileSync(file, `// ${key}\n${wgsl}`)
    return file
  })
}

export async function benchNodeModel(
  { wgsl, measured, list, ...options }: NodeModelOptions,
  webgpu: GPU,
  say: (line: string) => void,
) {
  const { programs, ...result } = await benchModel({ ...options, wgsl: wgsl !== null }, webgpu, say)
  const times = measured === null ? null : measuredTimes(measured, result.case)
  return { ...result, list, measured: times, written: wgsl === null ? [] : writeKernels(wgsl, programs) }
}
