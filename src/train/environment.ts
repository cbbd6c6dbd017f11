/** The environment of a run: everything besides the configuration on which its numbers depend. */
import manifest from '../../package.json' with { type: 'json' }
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { Environment } from '../protocol/environment.ts'

const engines = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'] as const

const recordOf = ({ source, fingerprint, contents, images }: DataReport, classes: ImageSet['classes']) => ({
  source,
  fingerprint,
  contents,
  images,
  classes,
})

/** `host`: the browser's user agent, or Node's version and platform. `driver`: where Node found its GPU driver. */
export const environmentOf = (
  host: string,
  gpu: Gpu,
  { report, classes }: ImageSet,
  { driver, kernels }: Pick<Environment, 'driver' | 'kernels'> = {},
): Environment => ({
  lab: manifest.version,
  host,
  versions: Object.fromEntries(engines.map((name) => [name, manifest.dependencies[name]])),
  adapter: gpu.adapter,
  ...(driver === undefined ? {} : { driver }),
  ...(kernels === undefined ? {} : { kernels }),
  data: recordOf(report, classes),
})
