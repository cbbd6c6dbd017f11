import { useLab } from '../../store/lab.ts'
import { sourceName } from '../../store/names.ts'
import type { DataState } from '../../store/state.ts'
import { loadedData } from '../../store/status.ts'
import { later } from '../boundary/later.tsx'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { More } from '../controls/more.tsx'
import { TakenNote } from '../tour/taken-note.tsx'
import { Caches } from './caches.tsx'
import { RefusedLayout } from './layout-choice.tsx'
import { Reading } from './reading.tsx'
import { Recent } from './recent.tsx'
import { SourcePicker } from './source-picker.tsx'
import './data.css'

const Loaded = later(async () => (await import('./loaded.tsx')).Loaded)

/** The step Data: opens a dataset and shows its report. */
export function DataPanel() {
  const loaded = useLab(({ data }) => loadedData(data))
  return (
    <>
      <LockedNote />
      <TakenNote />
      {loaded ? (
        <More key={loaded.report.fingerprint} title="Choose other images">
          <SourcePicker />
        </More>
      ) : (
        <SourcePicker />
      )}
      <Attempt />
      <Recent />
      {loaded && <Loaded loaded={loaded} />}
      <FieldGroups section="data" />
      <Caches />
    </>
  )
}

/** A separate component, because it changes many times a second during reading. */
function Attempt() {
  const data = useLab((state) => state.data)
  if (data.status === 'reading') return <Reading data={data} />
  return data.status === 'refused' ? <Refusal data={data} /> : null
}

function Refusal({ data }: { readonly data: Extract<DataState, { status: 'refused' }> }) {
  return (
    <div className="note danger" role="alert">
      <p>{data.message}</p>
      {data.reading && data.reading.input.kind !== 'cifar10' && <RefusedLayout tried={data.reading.layout} />}
      {data.previous && <p>{sourceName(data.previous.report.source)} is still open.</p>}
    </div>
  )
}
