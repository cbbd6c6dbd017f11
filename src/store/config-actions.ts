/** Changes the configuration in the form. src/config validates it; refused text stays in the field. */
import { type ChosenClasses, chooseClasses, listedClasses } from '../config/choose-classes.ts'
import {
  ConfigError,
  parseConfig,
  type RunConfig,
  type RunConfigInput,
  setField,
  setFieldText,
} from '../config/config.ts'
import { type Preset, presetNamed, presetOf, presets } from '../config/presets.ts'
import type { DataReport } from '../protocol/data-report.ts'
import { type LabContext, say } from './context.ts'
import { noFailure } from './state.ts'
import { isActive, loadedData } from './status.ts'

type Texts = Readonly<Record<string, string>>

const without = (texts: Texts, key: string): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([name]) => name !== key))

/** Lowers the micro-batch together with the batch, so that a smaller batch is one change and no error. */
function lowerMicroBatch(config: RunConfigInput, key: string): RunConfigInput {
  const { batchSize, microBatchSize } = config.train ?? {}
  if (key !== 'train.batchSize' || batchSize === undefined || microBatchSize === undefined) return config
  return microBatchSize > batchSize ? setField(config, 'train.microBatchSize', batchSize) : config
}

/** The configuration with the source that was read and its layout; all its classes where a chosen one is missing. */
export function fitToData(config: RunConfig, report: DataReport): RunConfig {
  const have = new Set(listedClasses(report).map(({ id }) => id))
  const classes = config.data.classes?.every((id) => have.has(id)) ? config.data.classes : null
  const layout = report.layout?.chosen ?? 'auto'
  return { ...config, data: { ...config.data, source: report.source, layout, classes } }
}

/** The classes that a preset takes from a dataset; null for a preset that takes all. */
export const classesOfPreset = (preset: Preset | undefined, report: DataReport): ChosenClasses | null =>
  preset?.wants ? chooseClasses(listedClasses(report), preset.wants) : null

/** The form's configuration with a dataset that was read. A preset that wants fewer classes than there are chooses its own. */
export function formOnData(config: RunConfig, report: DataReport): { config: RunConfig; text: string } {
  const fitted = fitToData(config, report)
  const chosen = fitted.data.classes === null ? classesOfPreset(presetOf(config), report) : null
  if (!chosen) return { config: fitted, text: '' }
  return {
    config: { ...fitted, data: { ...fitted.data, classes: chosen.ids && [...chosen.ids] } },
    text: ` ${chosen.text}`,
  }
}

/** Changes one field if the new value is valid. `draft` is the text that the user typed; null for a value from a control. */
function changeField(
  { store }: LabContext,
  key: string,
  draft: string | null,
  change: (config: RunConfig) => RunConfigInput,
): void {
  const { config, fieldErrors, drafts: before, run } = store.getState()
  if (isActive(run.status)) return
  const drafts = draft === null ? without(before, key) : { ...before, [key]: draft }
  try {
    const next = parseConfig(lowerMicroBatch(change(config), key))
    store.setState({ config: next, fieldErrors: without(fieldErrors, key), drafts })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    store.setState({ fieldErrors: { ...fieldErrors, [key]: error.message }, drafts })
  }
}

/** Puts a preset into the form. Throws RangeError for an unknown one. */
export function applyPreset(lab: LabContext, id: string): void {
  const { store } = lab
  const preset = presetNamed(id)
  if (!preset) throw new RangeError(`unknown preset: ${id} (have ${presets.map((one) => one.id).join(', ')})`)
  const state = store.getState()
  if (isActive(state.run.status)) return
  const loaded = loadedData(state.data)
  const { layout } = state.config.data
  // A preset that chooses classes does not keep an earlier choice.
  const classes = preset.wants ? null : state.config.data.classes
  const config = { ...preset.config, data: { ...preset.config.data, classes, layout } }
  const form = loaded ? formOnData(config, loaded.report) : { config, text: '' }
  const takesWindows = state.config.regularizer.schedule.length > 0 && form.config.regularizer.schedule.length === 0
  store.setState({ config: form.config, fieldErrors: {}, drafts: {} })
  say(
    lab,
    `Preset applied: ${preset.name}.${form.text}${takesWindows ? ' It has no windows of α; Undo brings yours back.' : ''}`,
  )
}

function takeConfig(lab: LabContext, config: RunConfig): void {
  const { store } = lab
  const { data, run } = store.getState()
  if (isActive(run.status)) return
  const loaded = loadedData(data)
  store.setState({ config: loaded ? fitToData(config, loaded.report) : config, fieldErrors: {}, drafts: {} })
  say(lab, `The form has the settings of ${config.name}.`)
}

export function configActions(lab: LabContext) {
  const { store } = lab
  const setConfigValue = (key: string, value: unknown): void =>
    changeField(lab, key, null, (config) => setField(config, key, value))
  /** Sets the field that made a run fail, and removes the notice. */
  const putRight = (key: string, value: unknown, text: string): void => {
    setConfigValue(key, value)
    store.setState(noFailure)
    say(lab, `${text} Start the run again.`)
  }
  return {
    /** Sets one field. An invalid value is refused and explained in fieldErrors. */
    setConfigValue,
    /** Sets one field from typed text, which stays in drafts until settleField. */
    setConfigText: (key: string, text: string): void =>
      changeField(lab, key, text, (config) => setFieldText(config, key, text)),
    /** Ends the typing in a field: valid text is replaced by the value, refused text stays. */
    settleField: (key: string): void => {
      const { drafts, fieldErrors } = store.getState()
      if (key in drafts && !(key in fieldErrors)) store.setState({ drafts: without(drafts, key) })
    },
    /** Drops the typed text of a field and shows the current value. */
    revertField: (key: string): void => {
      const { drafts, fieldErrors } = store.getState()
      store.setState({ drafts: without(drafts, key), fieldErrors: without(fieldErrors, key) })
    },
    /** Takes the micro-batch that fits the adapter, and removes the notice that the configuration does not. */
    takeFittingMicroBatch: (): void => {
      const { fittingMicroBatch } = store.getState()
      if (fittingMicroBatch === null) return
      putRight('train.microBatchSize', fittingMicroBatch, `The micro-batch size is now ${fittingMicroBatch}.`)
    },
    /** Turns on recomputation, with which the configuration fits the adapter, and removes the notice that it does not. */
    takeRecomputation: (): void => {
      if (!store.getState().fitsRecomputed) return
      putRight('train.recompute', true, 'Activations are computed again in the backward pass.')
    },
    /** Takes a configuration into the form; the dataset that is open and its classes stay. */
    takeConfig: (config: RunConfig): void => takeConfig(lab, config),
    /** Takes a preset's configuration; the dataset and the chosen classes stay. Throws RangeError for an unknown preset. */
    applyPreset: (id: string): void => applyPreset(lab, id),
  }
}
