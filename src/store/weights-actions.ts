/** The file of weights that the next run of the form begins with. */
import type { LabMessage } from '../protocol/messages.ts'
import type { InitialChoice } from '../protocol/weights-report.ts'
import { type LabContext, say, setRequests } from './context.ts'
import type { WeightsState } from './state.ts'
import { isActive } from './status.ts'

/** What the run takes from the file; undefined without one. */
export function initialChoice(weights: WeightsState): InitialChoice | undefined {
  if (weights.status !== 'ready' || weights.prefix === null) return undefined
  const { file, report, prefix, freshClassifier } = weights
  return { file, sha256: report.sha256, prefix, without: freshClassifier ? ['fc'] : [] }
}

function refuse({ store }: LabContext, message: string): void {
  store.setState({ weights: { status: 'refused', message }, status: message })
}

function choose(lab: LabContext, file: File): void {
  const { store, client } = lab
  if (isActive(store.getState().run.status)) return
  const request = store.getState().requests.weights + 1
  setRequests(lab, { weights: request })
  store.setState({ weights: { status: 'reading', file }, status: `Reading ${file.name}.` })
  client.post({ type: 'read-weights', request, file })
}

/** Ignores answers to earlier choices. */
export function receiveWeights(
  lab: LabContext,
  message: Extract<LabMessage, { type: 'weights' | 'weights-refused' }>,
): void {
  const { store } = lab
  const { weights, requests } = store.getState()
  if (weights.status !== 'reading' || message.request !== requests.weights) return
  if (message.type === 'weights-refused') {
    refuse(lab, message.message)
    return
  }
  const { file } = weights
  const { report } = message
  const [part] = report.parts
  const single = report.parts.length === 1
  const hasClassifier = part.model === null || part.model.classes !== null
  store.setState({
    weights: { status: 'ready', file, report, prefix: single ? part.prefix : null, freshClassifier: !hasClassifier },
    status: single ? `The next run begins with ${report.file}.` : `${report.file} has several networks. Choose one.`,
  })
}

/** The worker that was reading the weights is gone. */
export function loseWeights(lab: LabContext): void {
  const { weights } = lab.store.getState()
  if (weights.status === 'reading') refuse(lab, `${weights.file.name} was not read. Choose it again.`)
}

export function weightsActions(lab: LabContext) {
  const { store } = lab
  const change = (values: { readonly prefix?: string; readonly freshClassifier?: boolean }): void =>
    store.setState(({ weights }) => (weights.status === 'ready' ? { weights: { ...weights, ...values } } : {}))
  return {
    /** Reads a file of weights, with which the next run of the form begins. */
    chooseWeights: (file: File): void => choose(lab, file),
    /** Refuses a dropped item that is no file. */
    refuseWeights: (message: string): void => refuse(lab, message),
    /** The next run begins with random weights. */
    removeWeights: (): void => {
      store.setState({ weights: { status: 'none' } })
      say(lab, 'The next run begins with random weights.')
    },
    /** Chooses one of several networks in the file, by the beginning of its names. */
    setWeightsPrefix: (prefix: string): void => change({ prefix }),
    /** Whether the classifier begins with random weights. */
    setFreshClassifier: (freshClassifier: boolean): void => change({ freshClassifier }),
  }
}
