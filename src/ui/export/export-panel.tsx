/** Exports runs as zip files, and the configuration as a link. */
import { Button } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import { lab, labStore, useLab } from '../../store/lab.ts'
import { configLink } from '../../store/link.ts'
import { series, useShownRun } from '../../store/series.ts'
import { isBare } from '../../store/status.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { count, plural } from '../format.ts'

const linkNow = () => configLink(window.location.href, labStore.getState().config)

const recordedKey = ({ id, starts, checkpoints }: Run) => [id, starts.length, checkpoints.length].join(' ')

export function ExportPanel() {
  const run = useShownRun(recordedKey)
  const { active, note } = useLab((state) => state.exporting)
  const bare = useLab((state) => run !== null && isBare(state, run))
  const started = run?.start != null
  return (
    <>
      <Button className="button wide" isDisabled={!started || active} onPress={() => lab.exportRun()}>
        {active ? 'Exporting…' : 'Export run'}
      </Button>
      <p className="quiet">
        {started
          ? `One zip: settings, environment, ${plural(run.events.length, 'event')}, tables as CSV and Parquet, and ${bare ? 'no checkpoints, because this copy of the run has none' : `${plural(run.checkpoints.length, 'checkpoint')} for PyTorch`}. A run that trains can be exported too.`
          : 'Start a run, or open one in Compare, to export it. Each chart has a menu Download.'}
      </p>
      {started && (
        <>
          <Button className="button wide" isDisabled={active} onPress={() => lab.exportForTensorBoard()}>
            Export for TensorBoard
          </Button>
          <p className="quiet">
            Unpack this zip into a folder and start <code>tensorboard --logdir FOLDER</code>. The folder may have
            several runs.
          </p>
        </>
      )}
      {note && (
        <p className="note warning" role="alert">
          {note}
        </p>
      )}
      <Earlier runs={series.earlier()} />
      <CopyButton text={linkNow} label="Copy link to this configuration" />
    </>
  )
}

function Earlier({ runs }: { runs: readonly Run[] }) {
  const busy = useLab(({ exporting }) => exporting.active)
  const exportable = runs.filter((run) => run.start)
  if (exportable.length === 0) return null
  return (
    <ul className="earlier" aria-label="Earlier runs of this page">
      {exportable.map((run) => {
        const name = `${run.start?.config.name} ${run.id}`
        return (
          <li key={run.id}>
            <span>
              {run.start?.config.name} <span className="quiet">{count(run.steps.length)} steps</span>
            </span>
            <Button
              className="button quiet-button"
              aria-label={`Export the earlier run ${name}`}
              isDisabled={busy}
              onPress={() => lab.exportRun(run.id)}
            >
              Export
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
