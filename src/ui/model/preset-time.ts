/** The expected time of a preset on this device: its floating point operations at a measured or a stated speed. */
import { chooseClasses, listedClasses } from '../../config/choose-classes.ts'
import type { RunConfig } from '../../config/config.ts'
import { type ImageCounts, stepFlop, workOf } from '../../config/flop.ts'
import type { Preset } from '../../config/presets.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import { imagesOfRun } from '../data/estimate.ts'

/** How fast a device trains. */
export interface Speed {
  readonly flopPerSecond: number
  /** Time of a step besides its operations. */
  readonly secondsPerStep: number
  /** Time before the first step, mostly for compiling. */
  readonly secondsToStart: number
  /** Completes the sentence “Times are estimates: …”. */
  readonly basis: string
}

/** As measured with SwiftShader on two cores (docs/performance.md). */
const emulated: Speed = {
  flopPerSecond: 2e9,
  secondsPerStep: 0.02,
  secondsToStart: 20,
  basis:
    '2 billion operations per second, as a CPU with two cores computes them. The first run here replaces this speed.',
}

/** No GPU has been measured; a current laptop's computes some trillions of operations per second, and small kernels use a part of them. */
const assumed: Speed = {
  flopPerSecond: 3e11,
  secondsPerStep: 0.008,
  secondsToStart: 5,
  basis: 'an assumed 300 billion operations per second and 8 ms for each step. The first run here replaces this speed.',
}

/** A speed that nobody has measured on this device. */
export const statedSpeed = ({ software }: { readonly software: boolean }): Speed => (software ? emulated : assumed)

/** The speed of a run that trained here. */
export const speedOfRun = (config: RunConfig, classes: number, imagesPerSecond: number): Speed => ({
  flopPerSecond: imagesPerSecond * stepFlop(config, classes),
  secondsPerStep: 0,
  secondsToStart: 0,
  basis: `the speed of the run ${config.name} on this device. A network of another size may use the device better or worse.`,
})

/** The images of a preset's run on the dataset that was read, else on its own; undefined where that is unknown. */
export function imagesOf({ config, wants, images }: Preset, report: DataReport | undefined): ImageCounts | undefined {
  if (!report) return images
  const classes = wants ? chooseClasses(listedClasses(report), wants).ids : null
  return imagesOfRun(report, { ...config.data, classes: classes && [...classes] })
}

/** Seconds of a preset's training and evaluations. */
export function expectedSeconds({ config }: Preset, images: ImageCounts, speed: Speed): number {
  const { steps, flop } = workOf(config, images)
  return speed.secondsToStart + steps * speed.secondsPerStep + flop / speed.flopPerSecond
}

/** Rounds to what an estimate can say: 35 s, 2 min, 40 min, 3 h, 5 days. */
export function roughly(seconds: number): string {
  const rounded = (value: number) => {
    const unit = value < 10 ? 1 : 5
    return Math.max(1, Math.round(value / unit) * unit)
  }
  if (seconds < 90) return `${rounded(seconds)} s`
  if (seconds < 90 * 60) return `${rounded(seconds / 60)} min`
  const hours = seconds / 3600
  return hours < 36 ? `${rounded(hours)} h` : `${rounded(hours / 24)} days`
}
