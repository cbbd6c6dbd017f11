/** Compares the chosen weights with the model and the classes of the next run. */
import type { RunConfig } from '../../config/config.ts'
import { modelText } from '../../config/model-text.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import type { WeightsPart } from '../../protocol/weights-report.ts'
import { rowOrder } from '../../row-order.ts'
import { count } from '../format.ts'

export interface WeightsNote {
  readonly text: string
  readonly tone: 'quiet' | 'warning'
  /** What the user can press to mend it. */
  readonly cure?: 'model' | 'fresh'
}

const warning = (text: string, cure?: WeightsNote['cure']): WeightsNote => ({
  text,
  tone: 'warning',
  ...(cure ? { cure } : {}),
})
const quiet = (text: string): WeightsNote => ({ text, tone: 'quiet' })

function modelNote({ model: found }: WeightsPart, model: RunConfig['model']): WeightsNote[] {
  if (!found) return [warning('The shapes of these weights are those of no network of the lab.')]
  const keys = ['blocks', 'width', 'block', 'stem'] as const
  const differs = keys.some((key) => String(found[key]) !== String(model[key]))
  return differs ? [warning(`These are weights of another model: ${modelText(found)}.`, 'model')] : []
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function classesNote({ model, classes: stored }: WeightsPart, classes: readonly ClassInfo[]): WeightsNote[] {
  if (!model) return []
  if (model.classes === null) return [warning('The file has no classifier.', 'fresh')]
  if (model.classes !== classes.length) {
    const text = `Its classifier has ${count(model.classes)} classes, and the run has ${count(classes.length)}.`
    return [warning(text, 'fresh')]
  }
  if (!stored) {
    return [
      warning(
        'The file does not say which classes the rows of its classifier stand for. They are used in the order of the run’s classes; check that it is the same.',
      ),
    ]
  }
  const order = rowOrder(stored, classes)
  if (order.kind === 'same') return [quiet('Its classifier has the run’s classes in the same order.')]
  if (order.kind === 'other') return [warning(`${capitalized(order.text)}.`, 'fresh')]
  return [quiet(`The rows of its classifier will be put into the order of the run’s classes: ${order.text}.`)]
}

/** What the user should know before the start. `classes` are those of the run; empty before a dataset is read. */
export function weightsNotes(
  part: WeightsPart,
  freshClassifier: boolean,
  model: RunConfig['model'],
  classes: readonly ClassInfo[],
): WeightsNote[] {
  const rows = freshClassifier || classes.length === 0 ? [] : classesNote(part, classes)
  return [...modelNote(part, model), ...rows]
}
