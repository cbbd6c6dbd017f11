/** Saves a run as a zip: everything, or without the large files. */
import { useState } from 'react'
import { Button, Checkbox } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'

interface Props {
  readonly run: LibraryRun
  readonly isBusy: boolean
}

export function ExportRun({ run: { id, record }, isBusy }: Props) {
  const [checkpoints, setCheckpoints] = useState(true)
  const [resume, setResume] = useState(true)
  return (
    <div className="run-export">
      <Checkbox className="checkbox" isSelected={checkpoints} onChange={setCheckpoints}>
        <span className="checkbox-box" />
        Checkpoints, with which it can be measured and forked
      </Checkbox>
      <Checkbox className="checkbox" isSelected={resume} onChange={setResume}>
        <span className="checkbox-box" />
        Resume points, with which it can go on to the same bytes
      </Checkbox>
      <p className="quiet">
        Drop the zip here to open it again, or put it beside the page and open <code>?run=FILE.zip</code>.
      </p>
      <Button
        className="button"
        aria-label={`Export ${record.name}`}
        isDisabled={isBusy}
        onPress={() => experiments.exportRuns([id], { checkpoints, resume })}
      >
        Export the run
      </Button>
    </div>
  )
}
