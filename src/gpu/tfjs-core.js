/** The part of @tensorflow/tfjs that the page uses. vite.config.ts puts it in the package's place. */
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'

// biome-ignore lint/performance/noBarrelFile: it stands for a package.
export * from '@tensorflow/tfjs-core'
