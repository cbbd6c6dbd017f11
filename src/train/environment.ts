/** The environment of a run: everything besides the configuration on which its numbers depend. */
import manifest from '../../package.json' with { type: 'json' }
import type { RunClassOrder } from '../class-order.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Environment } from '../protocol/environment.ts'

const engines = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'] as const

/** The order of a run's classes: that of the dataset, unless they were selected in another one. */
function classOrderOf({ report, classes }: Pick<ImageSet, 'report' | 'classes'>): RunClassOrder {
  const place = new Map(report.classes.map(({ id }, i) => [id, i]))
  const places = classes.map(({ id }) => place.get(id) ?? -1)
  return places.every((at, i) => i === 0 || at > places[i - 1]) ? report.classOrder : 'selected'
}

/** How a run's record describes its images. */
export function dataRecordOf(set: Pick<ImageSet, 'report' | 'classes' | 'used'>): Environment['data'] {
  const { source, fingerprint, contents, images, listed } = set.report
  const { used, classes } = set
  const counted = used ? { images: listed ?? images, used } : { images }
  return { source, fingerprint, contents, ...counted, classes, classOrder: classOrderOf(set) }
}

/** `host`: the browser's user agent, or Node's version and platform. `driver`: where Node found its GPU driver. */
export const environmentOf = (
  host: string,
  gpu: Gpu,
  set: Pick<ImageSet, 'report' | 'classes' | 'used'>,
  { driver, kernels, initial }: Pick<Environment, 'driver' | 'kernels' | 'initial'> = {},
): Environment => ({
  lab: manifest.version,
  host,
  versions: Object.fromEntries(engines.map((name) => [name, manifest.dependencies[name]])),
  adapter: gpu.adapter,
  ...(driver === undefined ? {} : { driver }),
  ...(kernels === undefined ? {} : { kernels }),
  data: dataRecordOf(set),
  ...(initial === undefined ? {} : { initial }),
})
