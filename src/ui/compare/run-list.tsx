/** The list of runs, with their main settings and results. The selected runs are compared. */
import { Button, Checkbox } from 'react-aria-components'
import { finalEvaluation } from '../../experiments/record.ts'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { endText } from '../end-text.ts'
import { plural } from '../format.ts'
import { whenText } from '../when.ts'

const empty =
  'No runs yet. A run appears here when it begins, and the browser keeps it. Open the view Runs for all of them.'

export function RunList() {
  const runs = useExperiments((state) => state.runs)
  const leftOut = useExperiments((state) => state.leftOut)
  const busy = useExperiments((state) => state.busy !== null)
  if (runs.length === 0) return <p className="quiet">{empty}</p>
  const ids = runs.flatMap(({ id }) => (leftOut.has(id) ? [] : [id]))
  const chosen = ids.length
  return (
    <>
      <div className="run-list-head">
        <p className="quiet">
          {chosen} of {plural(runs.length, 'run')} compared
        </p>
        <Button className="button quiet-button" onPress={() => experiments.chooseAllRuns(chosen < runs.length)}>
          {chosen < runs.length ? 'All' : 'None'}
        </Button>
      </div>
      <ul className="run-list" aria-label="Saved runs">
        {runs.map((run) => (
          <Row key={run.id} run={run} isChosen={!leftOut.has(run.id)} isBusy={busy} />
        ))}
      </ul>
      <Button
        className="button quiet-button"
        isDisabled={busy || chosen === 0}
        onPress={() => experiments.exportRuns(ids)}
      >
        Export selected runs
      </Button>
      <p className="quiet">
        ↓ saves one run as a zip with its checkpoints. The button saves the selected runs, with a folder for each. You
        can drop them below to import them again.
      </p>
    </>
  )
}

function factsOf({ record, info: { origin } }: LibraryRun): string {
  const { config, state } = record
  const final = finalEvaluation(record)
  const end = state === 'unfinished' ? 'Unfinished' : endText[state]
  const score = final ? `top-1 ${(100 * final.top1).toFixed(1)} %` : end
  const from = origin === 'trained' ? '' : `, ${origin}`
  return `seed ${config.seed}, ${plural(config.train.epochs, 'epoch')}, ${score}${from}`
}

interface RowProps {
  readonly run: LibraryRun
  readonly isChosen: boolean
  readonly isBusy: boolean
}

function Row({ run, isChosen, isBusy }: RowProps) {
  const { id, record, info } = run
  return (
    <li>
      <Checkbox className="checkbox" isSelected={isChosen} onChange={(on) => experiments.chooseRun(id, on)}>
        <span className="checkbox-box" />
        <span className="run-words">
          <span className="run-name">
            <span className="ellipsis">{record.name}</span>
            <span className="quiet">{whenText(info.created, Date.now())}</span>
          </span>
          <span className="quiet">{factsOf(run)}</span>
        </span>
      </Checkbox>
      <Button
        className="button icon-button"
        aria-label={`Export ${record.name}`}
        isDisabled={isBusy}
        onPress={() => experiments.exportRuns([id])}
      >
        ↓
      </Button>
      <Button
        className="button icon-button"
        aria-label={`Delete ${record.name}`}
        onPress={() => experiments.deleteRuns([id])}
      >
        ×
      </Button>
    </li>
  )
}
