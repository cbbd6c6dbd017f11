import { Button, ProgressBar } from 'react-aria-components'
import { lab } from '../../store/lab.ts'
import type { DataState } from '../../store/state.ts'
import { readingText } from './reading-text.ts'

/** The progress of reading a dataset, with buttons to cancel it and to skip the check. */
export function Reading({ data }: { readonly data: Extract<DataState, { status: 'reading' }> }) {
  const { name, done, total, skipping } = data
  const listed = total > 0
  // Without a total the bar moves back and forth.
  const percent = listed ? (100 * done) / total : 30
  const text = readingText(data)
  return (
    <div className="reading">
      <p className="ellipsis">Reading {name}</p>
      <p className="quiet">{text}</p>
      <ProgressBar aria-label="Reading images" value={percent} isIndeterminate={!listed} valueLabel={text}>
        <span className={listed ? 'bar' : 'bar busy'}>
          <span className="bar-fill" style={{ width: `${percent}%` }} />
        </span>
      </ProgressBar>
      <div className="button-row">
        <Button className="button quiet-button" onPress={lab.cancelReading}>
          Cancel reading
        </Button>
        {listed && (
          <Button
            className="button quiet-button"
            isDisabled={skipping}
            onPress={lab.skipChecks}
            aria-describedby="skip-check"
          >
            Skip the check
          </Button>
        )}
      </div>
      {listed && (
        <p id="skip-check" className="quiet">
          Without the check, a run finds broken files only when it reads them, and duplicates stay unknown.
        </p>
      )}
    </div>
  )
}
