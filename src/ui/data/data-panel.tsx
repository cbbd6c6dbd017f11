import { sideOf } from '../../config/side.ts'
import { useLab } from '../../store/lab.ts'
import type { DataState } from '../../store/state.ts'
import { loadedData } from '../../store/status.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { Caches } from './caches.tsx'
import { ClassChoice } from './class-choice.tsx'
import { Found } from './found.tsx'
import { Reading } from './reading.tsx'
import { Recent } from './recent.tsx'
import { Samples } from './samples.tsx'
import { SourcePicker } from './source-picker.tsx'
import { ThisRun } from './this-run.tsx'
import './data.css'

/** Choosing a data set, and what it holds. */
export function DataPanel() {
  const data = useLab((state) => state.data)
  const side = useLab(({ config }) => sideOf(config.data.augmentation, config.data.inputSize))
  const loaded = loadedData(data)
  return (
    <>
      <SourcePicker />
      {data.status === 'reading' && <Reading data={data} />}
      {data.status === 'refused' && <Refusal data={data} />}
      <Recent />
      {loaded && (
        <>
          <Found report={loaded.report} side={side} />
          <Samples samples={loaded.samples} classes={loaded.report.classes} />
          <ThisRun loaded={loaded} />
          <ClassChoice report={loaded.report} />
        </>
      )}
      <LockedNote />
      <FieldGroups section="data" />
      <Caches />
    </>
  )
}

function Refusal({ data }: { readonly data: Extract<DataState, { status: 'refused' }> }) {
  return (
    <div className="note danger" role="alert">
      <p>{data.message}</p>
      {data.previous && <p>What was read before ({data.previous.report.source}) can still be used.</p>}
    </div>
  )
}
