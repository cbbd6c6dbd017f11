/** Closes the worker; the next command starts another, with free memory and a new device. */
import { type LabContext, setRequests } from './context.ts'
import { nextRequest, withoutReading } from './data-actions.ts'
import { loseWeights } from './weights-actions.ts'

/** What the worker held is lost: its successor must read the data again. Reading in progress is cancelled. */
export function closeWorker(lab: LabContext): void {
  lab.client.close()
  setRequests(lab, { dataLost: true })
  loseWeights(lab)
  lab.store.setState(({ data }) => ({ data: withoutReading(data) }))
  nextRequest(lab)
}
