/** How a training step stores activations and their gradients: in f32, or in f16 (mixed storage; arithmetic stays in f32). */
import type { RunConfig } from '../config/config.ts'
import type { StorageExponents } from '../gpu/compile/halved.ts'
import type { Gpu } from '../gpu/read.ts'

/**
 * A loss is a mean over the batch, so its gradients shrink with the number of images: they are stored times 2^12 up to 16 images,
 * 2^16 up to 256, 2^20 up to 4096. In steps of four, so that an epoch's last batch, which is smaller, rarely needs programs of its
 * own. docs/performance.md compares this with the gradients of trainings.
 */
export const storageOf = ({ images }: { readonly images: number }): StorageExponents => ({
  activation: 0,
  gradient: 8 + 4 * Math.ceil(Math.log2(images) / 4),
})

/** A run that asks for storage in f16 where that is not possible. The message is a sentence with the cure. */
export class StorageError extends Error {
  override name = 'StorageError'
}

const feature = 'shader-f16'

interface Run {
  readonly config: { readonly train: Pick<RunConfig['train'], 'activations'> }
  readonly eager?: boolean
}

/** Throws StorageError for a configuration with `train.activations` = f16 and eager execution. */
export function requireCompiled({ config, eager }: Run): void {
  if (config.train.activations !== 'f16' || !eager) return
  throw new StorageError(
    'train.activations = f16 needs compiled steps. Set train.activations to f32, or do not run steps operation by operation.',
  )
}

/** Throws StorageError for a configuration with `train.activations` = f16 where the device or eager execution rules it out. */
export function requireStorage({ gpu, config, eager }: Run & { readonly gpu: Pick<Gpu, 'adapter'> }): void {
  requireCompiled({ config, eager })
  if (config.train.activations !== 'f16') return
  const { name, vendor, features } = gpu.adapter
  if (features.includes(feature)) return
  const hint = vendor === 'nvidia' ? ' (on NVIDIA, Dawn offers it with its feature vulkan_enable_f16_on_nvidia)' : ''
  throw new StorageError(
    `train.activations = f16 needs a GPU with ${feature}, which ${name} does not offer${hint}. Set train.activations to f32, or use another GPU.`,
  )
}
