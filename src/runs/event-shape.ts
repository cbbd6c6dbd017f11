/** Checks the events that a log contains, before the program trusts their types. */
import type { RunEvent } from '../protocol/run-events.ts'
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
  pattern,
  record,
  type Shape,
  text,
  wholeAmount,
} from '../shape.ts'

const moment = { step: amount, epoch: amount }
/** A name without a folder. */
const fileName = pattern('a file name', /^[\w-][\w.-]{0,200}$/)
/** SHA-256 in hexadecimal. */
export const hash = pattern('a SHA-256', /^[0-9a-f]{64}$/)
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

/** A probe whose units lie in units.bin, or were not kept. */
const loggedProbe = object({
  ...moment,
  images: amount,
  network: object(summary),
  modules: list(object({ module: text, ...summary })),
  sites: list(object({ site: text, module: text, units: amount, ...summary, dead: amount })),
  units: orNull(object({ kind: oneOf('record'), index: wholeAmount, crc32: wholeAmount })),
})

/** Where a fork left its parent. */
export const parentShape = object({
  kind: oneOf('fork', 'repeat'),
  id: text,
  name: text,
  step: amount,
  epoch: amount,
  momentum: oneOf('kept', 'zero'),
})

const resumed = object({ reason: oneOf('user', 'device-lost', 'out-of-memory', 'worker-crashed'), message: text })

const start = object({
  config: record,
  environment,
  classes: list(object({ id: text, name: text })),
  sites: list(object({ name: text, module: text, units: amount })),
  stepsPerEpoch: amount,
  totalSteps: amount,
  fromStep: optional(amount),
  resumed: optional(resumed),
  parent: optional(parentShape),
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
  evaluation: object({ ...moment, ...scores, split: oneOf('validation'), images: amount }),
  probe,
  checkpoint: object({ ...moment, file: fileName, bytes: amount, sha256: optional(hash) }),
  activity: object({ ...moment, activity: text }),
  graph: object({ ...moment, graph: object({ name: text }) }),
  warning: object({ ...moment, message: text }),
  data: object({ ...moment, change: oneOf('moved', 'changed'), from: identity, to: identity, what: text }),
  end: object({ ...moment, reason: text, message: text, advice: text }),
}

const loggedShapes = { ...shapes, probe: loggedProbe }

/** Earlier versions record a probe with its units. */
const isProbeWithUnits = ({ type, sites, units }: Readonly<Record<string, unknown>>) =>
  type === 'probe' && units === undefined && Array.isArray(sites)

const isType = (type: unknown): type is RunEvent['type'] => typeof type === 'string' && Object.hasOwn(shapes, type)

/** Levels of lists and objects in an event. Those of a start, which has the most, are less than half of them. */
const levels = 20

/** What keeps a value from being a line of events.jsonl, in this format or an earlier one, or null. */
export const lineProblem = (value: unknown): string | null =>
  problemOf(value, isRecord(value) && isProbeWithUnits(value) ? shapes : loggedShapes)

function problemOf(value: unknown, of: typeof shapes): string | null {
  if (!isRecord(value)) return 'it is not an object'
  const { type, time } = value
  if (type === undefined) return 'its type is missing'
  if (!isType(type))
    return typeof type === 'string' ? `its type is unknown: "${type.slice(0, 40)}"` : 'its type is no text'
  if (isDeeper(value, levels)) return `it has more than ${levels} levels of lists and objects`
  return amount(time, 'time') ?? of[type](value, '')
}
