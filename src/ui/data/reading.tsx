import { Button, ProgressBar } from 'react-aria-components'
import { lab } from '../../store/lab.ts'
import type { DataState } from '../../store/state.ts'
import { listingText } from './reading-text.ts'

/** The progress of listing a dataset, with a button to cancel it. The bar moves back and forth. */
export function Reading({ data: { name, done } }: { readonly data: Extract<DataState, { status: 'reading' }> }) {
  const text = listingText(done)
  return (
    <div className="reading">
      <p className="ellipsis">Reading {name}</p>
      <p className="quiet">{text}</p>
      <ProgressBar aria-label="Reading images" isIndeterminate valueLabel={text}>
        <span className="bar busy">
          <span className="bar-fill" style={{ width: '30%' }} />
        </span>
      </ProgressBar>
      <div className="button-row">
        <Button className="button quiet-button" onPress={lab.cancelReading}>
          Cancel reading
        </Button>
      </div>
    </div>
  )
}
