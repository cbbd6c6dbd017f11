/** Changes of the configuration: everything is checked by src/config, nothing typed is lost. */
import {
  ConfigError,
  parseConfig,
  type RunConfig,
  type RunConfigInput,
  setField,
  setFieldText,
} from '../config/config.ts'
import { presets } from '../config/presets.ts'
import type { DataReport } from '../protocol/data-report.ts'
import { type LabContext, say } from './context.ts'
import { isActive, loadedData } from './status.ts'

type Texts = Readonly<Record<string, string>>

const without = (texts: Texts, key: string): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([name]) => name !== key))

/** A smaller batch takes the micro-batch along, so that lowering it is one change and no error. */
function lowerMicroBatch(config: RunConfigInput, key: string): RunConfigInput {
  const { batchSize, microBatchSize } = config.train ?? {}
  if (key !== 'train.batchSize' || batchSize === undefined || microBatchSize === undefined) return config
  return microBatchSize > batchSize ? setField(config, 'train.microBatchSize', batchSize) : config
}

/** The configuration with the source that was read, and only classes that it has. */
export function fitToData(config: RunConfig, report: DataReport): RunConfig {
  const have = new Set(report.classes.map(({ id }) => id))
  const classes = config.data.classes?.every((id) => have.has(id)) ? config.data.classes : null
  return { ...config, data: { ...config.data, source: report.source, classes } }
}

export function configActions(lab: LabContext) {
  const { store } = lab

  const attempt = (key: string, draft: string | null, change: (config: RunConfig) => RunConfigInput) => {
    const { config, fieldErrors, drafts, run } = store.getState()
    if (isActive(run.status)) return
    const kept = draft === null ? without(drafts, key) : { ...drafts, [key]: draft }
    try {
      const next = parseConfig(lowerMicroBatch(change(config), key))
      store.setState({ config: next, fieldErrors: without(fieldErrors, key), drafts: kept })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      store.setState({ fieldErrors: { ...fieldErrors, [key]: error.message }, drafts: kept })
    }
  }

  const replace = (recipe: RunConfig, sentence: string) => {
    const state = store.getState()
    const data = loadedData(state.data)
    const config = { ...recipe, data: { ...recipe.data, classes: state.config.data.classes } }
    store.setState({ config: data ? fitToData(config, data.report) : config, fieldErrors: {}, drafts: {} })
    say(lab, sentence)
  }

  return {
    /** Sets one field; a value that is not allowed is kept out and explained in fieldErrors. */
    setConfigValue: (key: string, value: unknown): void => attempt(key, null, (config) => setField(config, key, value)),
    /** Sets one field from what was typed; the text stays in drafts until settleField. */
    setConfigText: (key: string, text: string): void => attempt(key, text, (config) => setFieldText(config, key, text)),
    /** Ends the typing in a field: a valid text gives way to the value, a refused one stays. */
    settleField: (key: string): void => {
      const { drafts, fieldErrors } = store.getState()
      if (key in drafts && !(key in fieldErrors)) store.setState({ drafts: without(drafts, key) })
    },
    /** Gives up what was typed in a field, for the value that stands. */
    revertField: (key: string): void => {
      const { drafts, fieldErrors } = store.getState()
      store.setState({ drafts: without(drafts, key), fieldErrors: without(fieldErrors, key) })
    },
    /** Takes a preset's configuration; the data that were read and the chosen classes stay. Throws RangeError for an unknown preset. */
    applyPreset: (id: string): void => {
      const preset = presets.find((one) => one.id === id)
      if (!preset) throw new RangeError(`unknown preset: ${id} (have ${presets.map((one) => one.id).join(', ')})`)
      if (!isActive(store.getState().run.status)) replace(preset.config, `Preset applied: ${preset.name}.`)
    },
  }
}
