/** Assigns configuration fields to sections of the form. A new field appears under "More settings". */
import { type FieldEntry, fieldEntries, getField, type RunConfig } from '../../config/config.ts'

export type Section = 'data' | 'model' | 'train'

export interface FieldGroup {
  readonly title: string
  readonly fields: readonly FieldEntry[]
}

/** Fields that the user sets by opening a dataset, not in the form. */
const elsewhere: ReadonlySet<string> = new Set(['data.source', 'data.classes'])

/** Fields that are always visible; the others are behind "More settings". */
const basic: ReadonlySet<string> = new Set([
  'name',
  'seed',
  'data.imagesPerClass',
  'data.inputSize',
  'data.augmentation',
  'model.blocks',
  'model.width',
  'model.block',
  'model.stem',
  'train.epochs',
  'train.batchSize',
  'optimizer.learningRate',
  'optimizer.schedule',
  'regularizer.schedule',
])

/** The GPU feature that a field needs. On a GPU without it, the form offers the field only while it is set. */
const needed: Readonly<Record<string, string>> = { 'train.activations': 'shader-f16' }

/** Whether the form offers a field on an adapter with these features. */
export const isOffered = ({ key, field }: FieldEntry, config: RunConfig, features: readonly string[]): boolean =>
  !(key in needed) || features.includes(needed[key]) || getField(config, key) !== field.default

const titles: Readonly<Record<string, string>> = {
  '': 'Run',
  data: 'Dataset',
  model: 'Model',
  train: 'Training',
  optimizer: 'Optimizer',
  regularizer: 'Regularizer',
  probe: 'Probes',
  checkpoint: 'Checkpoints',
}

/** What most users change comes first. */
const order = ['', 'data', 'model', 'train', 'optimizer', 'regularizer', 'probe', 'checkpoint']

const prefix = (key: string) => (key.includes('.') ? key.slice(0, key.indexOf('.')) : '')

export const sectionOf = (key: string): Section => {
  const first = prefix(key)
  return first === 'data' || first === 'model' ? first : 'train'
}

function grouped(entries: readonly FieldEntry[]): FieldGroup[] {
  const found = new Set(entries.map(({ key }) => prefix(key)))
  const prefixes = [...new Set([...order, ...found])].filter((name) => found.has(name))
  return prefixes.map((name) => ({
    title: titles[name] ?? name,
    fields: entries.filter(({ key }) => prefix(key) === name),
  }))
}

/** The groups of a section in that order: the basic fields, or those behind "More settings". */
export const groupsOf = (section: Section, which: 'basic' | 'more'): readonly FieldGroup[] =>
  grouped(
    fieldEntries.filter(
      ({ key }) => sectionOf(key) === section && !elsewhere.has(key) && basic.has(key) === (which === 'basic'),
    ),
  )
