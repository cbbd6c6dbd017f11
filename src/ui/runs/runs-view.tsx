/** The view Runs: a table of all runs, what can be done with them, and the storage that they use. */
import { useEffect, useMemo } from 'react'
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { Examples } from '../compare/examples.tsx'
import { ImportRuns } from '../compare/import-runs.tsx'
import { Problems } from '../compare/problems.tsx'
import { plural } from '../format.ts'
import { filteredRuns, sortedRuns } from './columns.ts'
import { DamagedRuns } from './damaged-runs.tsx'
import { DeletedRuns } from './deleted-runs.tsx'
import { RunDetails } from './run-details.tsx'
import { RunsTable } from './runs-table.tsx'
import { RunsToolbar } from './runs-toolbar.tsx'
import { StorageLine } from './storage-line.tsx'
import './runs.css'

export function RunsView() {
  const runs = useExperiments((state) => state.runs)
  const busy = useExperiments((state) => state.busy)
  const { text, order, selected } = useExperiments((state) => state.table)
  useEffect(() => {
    void experiments.openLibrary().then(async () => {
      await experiments.refreshRuns()
      await experiments.readStorage()
    })
  }, [])
  const shown = useMemo(() => sortedRuns(filteredRuns(runs, text, Date.now()), order), [runs, text, order])
  const chosen = useMemo(
    () => (selected === 'all' ? shown : shown.filter(({ id }) => selected.has(id))),
    [selected, shown],
  )
  return (
    <div className="charts runs-view">
      <section className="chart" aria-label="Runs">
        <header className="chart-head">
          <h2>Runs</h2>
          {busy && <p className="quiet">{busy}…</p>}
        </header>
        <Problems />
        <Undo />
        <Repeated />
        <RunsToolbar
          text={text}
          onText={(words) => experiments.changeTable({ text: words })}
          shown={shown.length}
          chosen={chosen}
          isBusy={busy !== null}
        />
        <RunsTable runs={shown} order={order} selected={selected} />
        <StorageLine />
        <DamagedRuns />
        <DeletedRuns />
      </section>
      {chosen.length === 1 && (
        <Boundary part="Details of the run">
          <RunDetails key={chosen[0].id} run={chosen[0]} isBusy={busy !== null} />
        </Boundary>
      )}
      <section className="chart" aria-label="More runs">
        <header className="chart-head">
          <h2>More runs</h2>
        </header>
        <Examples />
        <ImportRuns />
      </section>
    </div>
  )
}

/** What the last repetition has shown. */
function Repeated() {
  const repetition = useExperiments((state) => state.repetition)
  if (!repetition) return null
  return (
    <div className={repetition.identical ? 'note runs-undo' : 'note warning runs-undo'} role="status">
      <p>{repetition.text}</p>
      <Button className="button quiet-button" onPress={experiments.dismissRepetition}>
        Dismiss
      </Button>
    </div>
  )
}

function Undo() {
  const undo = useExperiments((state) => state.undo)
  const deleted = useExperiments((state) => state.deleted)
  const runs = deleted.filter(({ id }) => undo.includes(id))
  if (runs.length === 0) return null
  const name = runs.length === 1 ? runs[0].info.name : plural(runs.length, 'run')
  return (
    <div className="note runs-undo" role="status">
      <p>{name} deleted.</p>
      <div className="button-row">
        <Button className="button" onPress={() => experiments.restoreRuns(undo)}>
          Undo
        </Button>
        <Button className="button quiet-button" onPress={experiments.dismissUndo}>
          Dismiss
        </Button>
      </div>
    </div>
  )
}
