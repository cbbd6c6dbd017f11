/** Reads the reference cases that PyTorch computed; src/testing/oracle/README.md describes their contents. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSafetensors, type StoredTensor, type TensorFile } from '../model/safetensors.ts'

export interface OracleCase {
  readonly name: OracleName
  readonly steps: readonly { crossEntropy: number; penalty: number; loss: number }[]
  readonly eval: { top1: number; crossEntropy: number }
  readonly ablation: { units: Readonly<Record<string, number[]>> }
  readonly linearity: { affineDeviation: number }
  readonly crossLayerCorrelation: { order: string[]; byK: Readonly<Record<string, number[][]>> }
  readonly config: {
    blocks: number[]
    width: number
    classes: number
    size: number
    batch: number
    steps: number
    alpha: number
    statistic: 'mean' | 'sum'
    lr: number
    momentum: number
    weight_decay: number
  }
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

/** Results of a case in float64. */
export interface OracleTruth {
  /** Loss of each step. */
  readonly losses: readonly number[]
  /** Cross-entropy of the evaluation images after the last step. */
  readonly crossEntropy: number
  /** The largest distances from these results of PyTorch's own float32 runs, with weights moved by up to 1e-7. */
  readonly spread: Readonly<Record<'weights' | 'selectivity' | 'losses' | 'evaluation', number>>
  /** `change/NAME`: parameter or running statistic after the steps minus before; `selectivity/SITE`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

/** Well-conditioned cases: every kernel variant must meet tight bounds. */
export const activeNames = ['active-plain', 'active-mean', 'active-sum', 'active-full-batch'] as const

/** Cases in which rounding can grow, for example at a ReLU whose input is almost zero. */
export const chaoticNames = ['plain', 'regularized-mean', 'regularized-sum', 'full-batch'] as const

export const oracleNames = [...activeNames, ...chaoticNames] as const
export type OracleName = (typeof oracleNames)[number]

export const oraclePath = (name: OracleName): string => fileURLToPath(new URL(`./oracle/${name}`, import.meta.url))

const readJson = (name: OracleName, file: string): unknown =>
  JSON.parse(readFileSync(`${oraclePath(name)}/${file}.json`, 'utf8'))

const readTensors = (name: OracleName, file: string) =>
  parseSafetensors(readFileSync(`${oraclePath(name)}/${file}.safetensors`)).tensors

export function oracleCase(name: OracleName): OracleCase {
  const meta = readJson(name, 'case') as Omit<OracleCase, 'name' | 'tensors'>
  return { ...meta, name, tensors: readTensors(name, 'case') }
}

export function oracleTruth(name: OracleName): OracleTruth {
  const meta = readJson(name, 'truth') as Omit<OracleTruth, 'tensors'>
  return { ...meta, tensors: readTensors(name, 'truth') }
}

/** The tensors whose names start with `prefix/`, by the rest of their names. */
export const withPrefix = (tensors: ReadonlyMap<string, StoredTensor>, prefix: string): TensorFile => ({
  tensors: new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
    ),
  ),
  metadata: {},
})

export function floats(tensors: ReadonlyMap<string, StoredTensor>, name: string): Float32Array {
  const tensor = tensors.get(name)
  if (!(tensor?.data instanceof Float32Array)) throw new Error(`no such F32 tensor: ${name}`)
  return tensor.data
}

/** Images [n, 3, H, W] as bytes in HWC order, and their labels; `index` selects one entry of a leading axis of batches. */
export function labeledImages(tensors: ReadonlyMap<string, StoredTensor>, name: string, index?: number) {
  const images = tensors.get(`${name}.images`) as StoredTensor
  const labels = tensors.get(`${name}.labels`) as StoredTensor
  const [count, channels, height, width] = index === undefined ? images.shape : images.shape.slice(1)
  const size = count * channels * height * width
  const from = (index ?? 0) * size
  const out = new Uint8Array(size)
  for (let n = 0; n < count; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < height * width; p++) {
        out[(n * height * width + p) * channels + c] = Number(
          images.data[from + (n * channels + c) * height * width + p],
        )
      }
  const start = (index ?? 0) * count
  return { images: out, labels: Int32Array.from({ length: count }, (_, i) => Number(labels.data[start + i])) }
}
