/** The reference cases that PyTorch computed; src/testing/oracle/README.md says what is in them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSafetensors, type StoredTensor, type TensorFile } from '../model/safetensors.ts'

export interface OracleCase {
  readonly name: string
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

export const oracleNames = ['plain', 'regularized-mean', 'regularized-sum', 'full-batch'] as const

export const oraclePath = (name: string): string => fileURLToPath(new URL(`./oracle/${name}`, import.meta.url))

export function oracleCase(name: (typeof oracleNames)[number]): OracleCase {
  const meta = JSON.parse(readFileSync(`${oraclePath(name)}/case.json`, 'utf8')) as Omit<OracleCase, 'name' | 'tensors'>
  const { tensors } = parseSafetensors(readFileSync(`${oraclePath(name)}/case.safetensors`))
  return { ...meta, name, tensors }
}

/** Tensors whose name begins with `prefix/`, under the rest of their names. */
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

/** Images [n, 3, H, W] → bytes in HWC order, and labels; `index` picks one entry of a leading axis of batches. */
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
