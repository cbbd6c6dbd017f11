/** Compute programs: a WGSL module with one or more outputs, whose sizes are uniforms. */
import type * as tf from '@tensorflow/tfjs'

type ScalarType = 'f32' | 'u32' | 'i32'
/** The type of a buffer's elements. */
export type ElementType = ScalarType | 'vec4f' | 'mat4x4f' | 'f16' | 'vec4h'

/** What a tensor of images holds. Gradients are so small that f16 stores them times a power of two. */
export type Stored = 'activation' | 'gradient'

/** By the name of a buffer in f16: its values are stored times 2 to the power of these. */
export type Exponents = Readonly<Record<string, number>>

/** The buffers of a program that may be stored in f16. It still computes in f32. */
export interface HalfStorage {
  /** Inputs, by name. */
  readonly reads: readonly string[]
  /** Outputs, by name, with what they hold: a kind of values, or the same as the input that they are `like`. */
  readonly writes?: Readonly<Record<string, Stored | { readonly like: string }>>
  /** The code where an output is in f16, if it differs: values that a program stores there and loads again lose digits. */
  readonly code?: (exponents: Exponents) => string
}

/** A compute program. Two programs with the same key are the same program. */
export interface Program {
  readonly key: string
  /** Buffers that the code writes and may read, in the order of the bindings. */
  readonly outputs: Readonly<Record<string, ElementType>>
  /** Buffers that the code reads. */
  readonly inputs: Readonly<Record<string, ElementType>>
  /** Scalars by name; `u.NAME` in the code. */
  readonly uniforms: Readonly<Record<string, ScalarType>>
  /** The code after the declarations, with an entry point `main`. */
  readonly code: string
  /** WGSL extensions that the code needs. */
  readonly enable?: readonly string[]
  /** How many times the program reads the whole of a buffer, by name. By default it reads inputs once and outputs never. */
  readonly reads?: Readonly<Record<string, number>>
  /** The program that also reads a buffer `addend`, its last input, and adds it to the one output. */
  readonly plus?: () => Program
  /** Whether its one output is the sum of its two inputs, element by element. */
  readonly addition?: boolean
  /** The program that also writes the moments of its one output to a buffer `partial`, its last output. */
  readonly withMoments?: () => Program
  /** Whether its one output has the moments of its one input, as programs `withMoments` compute them. */
  readonly moments?: boolean
  /** A cheap program whose outputs depend on its inputs alone, so that a compiled step may run it again. */
  readonly recomputable?: boolean
  /** By default no buffer may be stored in f16. */
  readonly half?: HalfStorage
}

/** The arguments of one dispatch of a program. */
export interface DispatchArguments {
  readonly outputs: readonly tf.TensorInfo[]
  readonly inputs: readonly tf.TensorInfo[]
  /** The value of every uniform that the program declares. */
  readonly uniforms: Readonly<Record<string, number>>
  readonly workgroups: readonly [number, number?, number?]
  /** Floating point operations; by default few beside the bytes. */
  readonly flops?: number
  /** Columns of the matrix that it computes, or whose moments it computes. */
  readonly columns?: number
}

/** The names of a program's buffers, in the order of the bindings. */
export const bufferNames = ({ outputs, inputs }: Program): string[] => [...Object.keys(outputs), ...Object.keys(inputs)]

/** The WGSL module of a program, with declarations. */
export function wgslOf({ enable = [], outputs, inputs, uniforms, code }: Program): string {
  const declarations: string[] = enable.map((name) => `enable ${name};`)
  let binding = 0
  for (const [access, buffers] of [
    ['read_write', outputs],
    ['read', inputs],
  ] as const) {
    for (const [name, type] of Object.entries(buffers)) {
      declarations.push(`@group(0) @binding(${binding++}) var<storage, ${access}> ${name} : array<${type}>;`)
    }
  }
  const members = Object.entries(uniforms).map(([name, type]) => `${name} : ${type},`)
  if (members.length > 0) {
    declarations.push(`struct Uniforms { ${members.join(' ')} }`)
    declarations.push(`@group(0) @binding(${binding}) var<uniform> u : Uniforms;`)
  }
  return `${declarations.join('\n')}\n${code}`
}
