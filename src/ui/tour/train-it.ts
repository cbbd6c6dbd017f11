/** “Train it yourself”: takes the settings of an example into the form, and says which images to choose. */
import type { RunConfig } from '../../config/config.ts'
import { presetNamed } from '../../config/presets.ts'
import { experiments } from '../../store/experiments/page.ts'
import type { Example } from '../../store/experiments/state.ts'
import { lab, labStore } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'
import { endTour, setTaken } from '../../store/tour.ts'
import { goToStep } from '../rail/step-link.tsx'
import { toTop } from './scroll.ts'

/** Images of each class of CIFAR-10, which has more of them than the example's dataset. */
const cifarImages = 2000

/** Takes a preset where the lab has it, else the settings themselves. */
function take(preset: string | null, config: RunConfig): void {
  const known = presetNamed(preset ?? '')
  if (known) lab.applyPreset(known.id)
  else lab.takeConfig(config)
}

/** The settings of an example without its images. */
function settingsOf({ id }: Example, config: RunConfig): RunConfig {
  const { source, layout, classes } = labStore.getState().config.data
  return { ...config, name: id, data: { ...config.data, source, layout, classes } }
}

/** Copies the settings, puts the example away and opens the step that comes next. */
export function trainIt(example: Example, config: RunConfig): void {
  take(example.preset, settingsOf(example, config))
  endTour()
  lab.leaveRun()
  experiments.showCenter('run')
  if (config.data.source === 'cifar10') lab.readCifar10()
  const ready = config.data.source === 'cifar10' || loadedData(labStore.getState().data) !== null
  setTaken(ready ? null : { example, config })
  toTop()
  goToStep(ready ? 'train' : 'data')
}

/** The same settings with the built-in images. */
export function trainOnCifar10(example: Example, config: RunConfig): void {
  const own = settingsOf(example, config)
  take(`${example.id}-cifar10`, {
    ...own,
    data: { ...own.data, imagesPerClass: cifarImages, validationImagesPerClass: null },
  })
  setTaken(null)
  lab.readCifar10()
  goToStep('train')
}
