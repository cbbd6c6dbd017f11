/** What the page knows of the images that are read in the background. */
import type { DataReport } from '../protocol/data-report.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { addProgress, recentTimeLeft } from '../time-left.ts'
import { dataSentence } from './announce.ts'
import { type LabContext, say } from './context.ts'
import type { AuditState, DataState, LoadedData } from './state.ts'
import { loadedData } from './status.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

/** The state of a dataset that was listed now. */
export const firstAudit = (
  request: number,
  { checked, files }: DataReport,
  secondsPerImage: number | null,
): AuditState => ({
  request,
  status: checked < files ? 'on' : 'done',
  done: checked,
  total: files,
  recent: [],
  left: null,
  secondsPerImage,
  message: '',
})

export function receiveAuditing({ store, host }: LabContext, message: Of<'auditing'>): void {
  const { audit } = store.getState()
  if (audit?.request !== message.request) return
  const { done, total, secondsPerImage } = message
  const now = { time: host.now().getTime(), done }
  const recent = addProgress(audit.recent, now)
  const left = recentTimeLeft(recent, now, total)
  const seconds = secondsPerImage ?? audit.secondsPerImage
  // Resuming a run of an earlier version reads all images, also where the check was stopped before.
  store.setState({ audit: { ...audit, status: 'on', done, total, recent, left, secondsPerImage: seconds } })
}

const withLoaded = (data: DataState, loaded: LoadedData): DataState =>
  data.status === 'ready' ? { ...data, ...loaded } : data.status === 'none' ? data : { ...data, previous: loaded }

/** Shows what was found. The form keeps its classes: one that has lost its images is named when a run starts. */
export function receiveAudited(lab: LabContext, { request, report, samples, message }: Of<'audited'>): void {
  const { store } = lab
  const { audit, data } = store.getState()
  const loaded = loadedData(data)
  if (audit?.request !== request || !loaded) return
  const { checked, files } = report
  // Files that cannot be read count as neither.
  const isAll = message === null && checked >= files
  const status = message !== null ? 'failed' : isAll ? 'done' : 'stopped'
  store.setState({
    data: withLoaded(data, { ...loaded, report, ...(samples ? { samples } : {}) }),
    audit: { ...audit, status, done: isAll ? audit.total : audit.done, recent: [], left: null, message: message ?? '' },
    ...(samples ? { classSamples: null } : {}),
  })
  lab.client.post({ type: 'list-caches' })
  say(
    lab,
    message ?? (isAll ? `All images are checked. ${dataSentence(report)}` : 'The check of the images is stopped.'),
  )
}

/** The worker that read the images is gone. */
export function loseAudit({ store }: LabContext): void {
  const { audit } = store.getState()
  if (audit?.status === 'on') store.setState({ audit: { ...audit, status: 'stopped', recent: [], left: null } })
}
