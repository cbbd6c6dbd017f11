/** Notices at the top about runs that were interrupted, and about runs that train in another tab. */
import { useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { plural } from '../format.ts'
import { Accept, Problem } from './resume-problem.tsx'
import { lossText, placeText, runsElsewhere, unfinishedRuns } from './unfinished-model.ts'

/** More of them are in the list of runs. */
const mostShown = 3

/** Milliseconds between two looks at what other tabs train. */
const interval = 2000

/** Lists the stored runs, and notices when another tab begins or stops to train. */
function useOtherTabs() {
  useEffect(() => {
    void experiments.openLibrary()
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void experiments.watchOthers()
    }, interval)
    return () => clearInterval(timer)
  }, [])
}

export function Unfinished() {
  useOtherTabs()
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [discarded, setDiscarded] = useState<LibraryRun | null>(null)
  const listed = useExperiments(({ runs }) => runs)
  const shown = useLab(({ run }) => run.id)
  const own = useLab(({ run }) => (run.status === 'followed' ? null : run.id))
  const active = useLab(({ run }) => isActive(run.status))
  const runs = active ? [] : unfinishedRuns(listed, hidden, shown)
  const more = runs.length - mostShown
  return (
    <>
      {runs.slice(0, mostShown).map((run) => (
        <Interrupted
          key={run.id}
          run={run}
          hide={() => setHidden(new Set([...hidden, run.id]))}
          discard={() => setDiscarded(run)}
        />
      ))}
      {discarded && <Discarded run={discarded} dismiss={() => setDiscarded(null)} />}
      {more > 0 && (
        <div className="banner warning">
          <p>{plural(more, 'more interrupted run')}.</p>
          <Button className="button" onPress={() => experiments.showCenter('runs')}>
            Show all runs
          </Button>
        </div>
      )}
      {runsElsewhere(listed, own).map((run) => (
        <Elsewhere key={run.id} run={run} />
      ))}
    </>
  )
}

interface InterruptedProps {
  readonly run: LibraryRun
  readonly hide: () => void
  readonly discard: () => void
}

function Interrupted({ run, hide, discard }: InterruptedProps) {
  const { id, record, facts } = run
  const isResuming = useLab(({ resuming }) => resuming === id)
  return (
    <div className="banner warning">
      <p>
        <b>{record.name}</b> was interrupted at {placeText(run)}. {lossText(run)}
        <Problem id={id} />
      </p>
      <div className="button-row">
        {facts.points.length > 0 && (
          <Button className="button primary" isDisabled={isResuming} onPress={() => void experiments.resumeRun(id)}>
            Resume
          </Button>
        )}
        <Accept id={id} />
        <Button className="button" onPress={() => void experiments.openRun(id)}>
          Open
        </Button>
        <Button className="button" onPress={() => void experiments.deleteRuns([id]).then(discard)}>
          Discard
        </Button>
        <Button className="button quiet-button" aria-label={`Hide the notice about ${record.name}`} onPress={hide}>
          Later
        </Button>
      </div>
    </div>
  )
}

/** A discarded run can be restored. */
function Discarded({ run: { id, record }, dismiss }: { readonly run: LibraryRun; readonly dismiss: () => void }) {
  return (
    <div className="banner">
      <p>
        <b>{record.name}</b> was discarded.
      </p>
      <Button className="button" onPress={() => void experiments.restoreRuns([id]).then(dismiss)}>
        Undo
      </Button>
      <Button className="button" onPress={dismiss}>
        Dismiss
      </Button>
    </div>
  )
}

function Elsewhere({ run }: { readonly run: LibraryRun }) {
  const { id, record } = run
  const followed = useExperiments(({ followed }) => followed === id)
  return (
    <div className="banner">
      <p>
        <b>{record.name}</b> trains in another tab.{' '}
        {followed ? 'This tab follows it and cannot change it.' : 'This tab can show it, but not change it.'}
      </p>
      <Button
        className="button"
        onPress={() => (followed ? experiments.stopFollowing() : void experiments.followRun(id))}
      >
        {followed ? 'Stop following' : 'Follow it here'}
      </Button>
    </div>
  )
}
