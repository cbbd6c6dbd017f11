/** The filter, and what can be done with the selected runs. */
import { Button, Input, Label, SearchField } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { plural } from '../format.ts'

interface Props {
  readonly text: string
  readonly onText: (text: string) => void
  /** Number of runs that the filter leaves. */
  readonly shown: number
  readonly chosen: readonly LibraryRun[]
  readonly isBusy: boolean
}

export function RunsToolbar({ text, onText, shown, chosen, isBusy }: Props) {
  const ids = chosen.map(({ id }) => id)
  const none = chosen.length === 0
  return (
    <div className="runs-toolbar">
      <SearchField className="runs-filter" value={text} onChange={onText}>
        <Label className="visually-hidden">Filter the runs</Label>
        <Input className="input" placeholder="Filter: name, state, data, tag …" />
      </SearchField>
      <p className="quiet">
        {chosen.length > 0 ? `${chosen.length} of ${plural(shown, 'run')} selected` : plural(shown, 'run')}
      </p>
      <div className="button-row">
        <Button
          className="button"
          isDisabled={chosen.length !== 1 || isBusy}
          onPress={() => experiments.openRun(ids[0])}
        >
          Open
        </Button>
        <Button className="button" isDisabled={none} onPress={() => experiments.compareRuns(ids)}>
          Compare
        </Button>
        <Button className="button" isDisabled={none || isBusy} onPress={() => experiments.exportRuns(ids)}>
          Export
        </Button>
        <Button className="button" isDisabled={none || isBusy} onPress={() => experiments.deleteRuns(ids)}>
          Delete
        </Button>
      </div>
    </div>
  )
}
