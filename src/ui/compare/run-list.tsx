/** The runs at hand, with what tells them apart; those that are marked are compared. */
import { Button, Checkbox } from 'react-aria-components'
import { finalEvaluation } from '../../experiments/record.ts'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { endText } from '../end-text.ts'
import { plural } from '../format.ts'
import { whenText } from '../when.ts'

const empty = 'None yet. A run comes here when it ends, and is kept in this browser without its checkpoints.'

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
      <ul className="run-list" aria-label="Runs at hand">
        {runs.map((run) => (
          <Row key={run.id} run={run} isChosen={!leftOut.has(run.id)} isBusy={busy} />
        ))}
      </ul>
      <Button
        className="button quiet-button"
        isDisabled={busy || chosen === 0}
        onPress={() => experiments.exportRuns(ids)}
      >
        Export all chosen runs
      </Button>
      <p className="quiet">
        ↓ saves one run as a zip, this button the chosen ones with a folder each: as they are kept, without checkpoints
        and without selectivity unit by unit. They can be dropped below.
      </p>
    </>
  )
}

function factsOf({ record, origin }: LibraryRun): string {
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
  const { id, record, time } = run
  return (
    <li>
      <Checkbox className="checkbox" isSelected={isChosen} onChange={(on) => experiments.chooseRun(id, on)}>
        <span className="checkbox-box" />
        <span className="run-words">
          <span className="run-name">
            <span className="ellipsis">{record.name}</span>
            <span className="quiet">{whenText(time, Date.now())}</span>
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
        aria-label={`Remove ${record.name}`}
        onPress={() => experiments.removeRun(id)}
      >
        ×
      </Button>
    </li>
  )
}
