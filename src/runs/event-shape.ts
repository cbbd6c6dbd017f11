/** Checks the events that a log contains, before the program trusts their types. */
import type { RecordedEvent, RunEvent } from '../protocol/run-events.ts'
import {
  amount,
  each,
  finite,
  flag,
  isDeeper,
  isRecord,
  list,
  numberOrNull,
  object,
  oneOf,
  optional,
  orNull,
  record,
  type Shape,
  text,
} from '../shape.ts'

const moment = { step: amount, epoch: amount }
const scores = { loss: numberOrNull, crossEntropy: numberOrNull, top1: numberOrNull, top5: numberOrNull }
const summary = { selectivity: numberOrNull, floor: numberOrNull }

/** Has to be known to measure or to compare a run. */
const dataShape = object({
  source: text,
  fingerprint: text,
  contents: optional(orNull(text)),
  images: optional(object({ train: amount, validation: amount })),
  classes: list(object({ id: text, name: text })),
})

const kernels = optional(object({ choices: each(text) }))

const measuredEnvironment = object({
  data: object({
    source: optional(text),
    fingerprint: optional(text),
    contents: optional(orNull(text)),
    classes: list(object({ id: text })),
  }),
  kernels,
})

/** What is wrong with the parts of an environment.json that measuring reads, or null. */
export const environmentProblem = (value: unknown): string | null => measuredEnvironment(value, '')

const environment = object({ lab: text, data: dataShape, kernels })

const identity = object({ source: text, fingerprint: text, contents: orNull(text) })

const probe = object({
  ...moment,
  images: amount,
  network: object(summary),
  modules: list(object({ module: text, ...summary })),
  sites: list(
    object({
      site: text,
      module: text,
      selectivity: list(numberOrNull),
      floor: list(numberOrNull),
      preferredClass: list(finite),
      dead: list(finite),
    }),
  ),
})

const start = object({
  config: record,
  environment,
  classes: list(object({ id: text, name: text })),
  sites: list(object({ name: text, module: text, units: amount })),
  stepsPerEpoch: amount,
  totalSteps: amount,
  fromStep: optional(amount),
})

const step = object({
  ...moment,
  ...scores,
  penalty: numberOrNull,
  alpha: finite,
  held: flag,
  learningRate: numberOrNull,
  images: amount,
})

const shapes: Readonly<Record<RunEvent['type'], Shape>> = {
  start,
  step,
  evaluation: object({ ...moment, ...scores, images: amount }),
  probe,
  checkpoint: object({ ...moment, file: text, bytes: amount }),
  activity: object({ ...moment, activity: text }),
  graph: object({ ...moment, graph: object({ name: text }) }),
  warning: object({ ...moment, message: text }),
  data: object({ ...moment, change: oneOf('moved', 'changed'), from: identity, to: identity, what: text }),
  end: object({ ...moment, reason: text, message: text, advice: text }),
}

const isType = (type: unknown): type is RunEvent['type'] => typeof type === 'string' && Object.hasOwn(shapes, type)

/** Levels of lists and objects in an event. Those of a start, which has the most, are less than half of them. */
const levels = 20

/** What keeps a value from being a recorded event, or null. */
export function eventProblem(value: unknown): string | null {
  if (!isRecord(value)) return 'it is not an object'
  const { type, time } = value
  if (type === undefined) return 'its type is missing'
  if (!isType(type))
    return typeof type === 'string' ? `its type is unknown: "${type.slice(0, 40)}"` : 'its type is no text'
  if (isDeeper(value, levels)) return `it has more than ${levels} levels of lists and objects`
  return amount(time, 'time') ?? shapes[type](value, '')
}

/** Whether a value, for instance a parsed line of events.jsonl, is a recorded event. */
export const isRecordedEvent = (value: unknown): value is RecordedEvent => eventProblem(value) === null
