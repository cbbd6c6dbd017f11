import { Button, ProgressBar } from 'react-aria-components'
import { cancelReading, useLab } from '../../store/lab.ts'
import type { DataState } from '../../store/state.ts'
import { loadedData } from '../../store/status.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { count } from '../format.ts'
import { ClassChoice } from './class-choice.tsx'
import { Found } from './found.tsx'
import { Samples } from './samples.tsx'
import { SourcePicker } from './source-picker.tsx'
import './data.css'

/** Choosing a data set, and what it holds. */
export function DataPanel() {
  const data = useLab((state) => state.data)
  const loaded = loadedData(data)
  return (
    <>
      <SourcePicker />
      {data.status === 'reading' && <ReadingProgress data={data} />}
      {data.status === 'refused' && <Refusal data={data} />}
      {loaded && (
        <>
          <Found report={loaded.report} />
          <Samples samples={loaded.samples} classes={loaded.report.classes} />
          <ClassChoice report={loaded.report} />
        </>
      )}
      <LockedNote />
      <FieldGroups section="data" />
    </>
  )
}

function ReadingProgress({ data }: { data: Extract<DataState, { status: 'reading' }> }) {
  const { name, done, total } = data
  const text = total > 0 ? `${count(done)} of ${count(total)}` : 'looking through the files'
  // Without a total the bar only moves to and fro.
  const percent = total > 0 ? (100 * done) / total : 30
  return (
    <div className="reading">
      <ProgressBar aria-label="Reading images" value={percent} isIndeterminate={total === 0} valueLabel={text}>
        <span className="reading-text" aria-hidden="true">
          <span className="ellipsis">Reading {name}</span>
          <span>{text}</span>
        </span>
        <span className={total > 0 ? 'bar' : 'bar busy'}>
          <span className="bar-fill" style={{ width: `${percent}%` }} />
        </span>
      </ProgressBar>
      <Button className="button quiet-button" onPress={cancelReading}>
        Cancel reading
      </Button>
    </div>
  )
}

function Refusal({ data }: { data: Extract<DataState, { status: 'refused' }> }) {
  return (
    <div className="note danger" role="alert">
      <p>{data.message}</p>
      {data.previous && <p>What was read before ({data.previous.report.source}) can still be used.</p>}
    </div>
  )
}
