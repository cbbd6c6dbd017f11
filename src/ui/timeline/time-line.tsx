/** The time line at the bottom: events of the run, the applied α, and the moment that all views show. */
import { memo } from 'react'
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components'
import { columnAt } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { usePageView } from '../../store/page-view.ts'
import { togglePlaying, usePlaying } from '../../store/playback.ts'
import { useShownRun } from '../../store/series.ts'
import { count, plural } from '../format.ts'
import { withShortcut } from '../keys/with-shortcut.tsx'
import { momentText } from './flag-layout.ts'
import { PlanLine } from './plan-line.tsx'
import { type Flag, flagsOf, timeLineKey } from './time-line-model.ts'
import { RunTrack } from './time-line-track.tsx'
import './time-line.css'

export function TimeLine() {
  const run = useShownRun(timeLineKey)
  return (
    <section className="time-region" aria-label="Time line">
      {run?.start ? <RunLine run={run} /> : <PlanLine />}
    </section>
  )
}

function RunLine({ run }: { readonly run: Run }) {
  const flags = flagsOf(run)
  const explained = usePageView((view) => view.explained)
  return (
    <>
      <div className="time-row">
        <div className="time-side">
          <h2 className="visually-hidden">Time line</h2>
          <PlayButton isDisabled={run.probes.length < 2} />
          <Moment run={run} />
          <Events flags={flags} />
        </div>
        <div className="time-lanes" aria-hidden="true">
          <span>Events</span>
          <span>α</span>
          <span>Probes</span>
        </div>
        <div className="time-run">
          <RunTrack run={run} flags={flags} />
        </div>
      </div>
      {explained && (
        <p className="quiet time-explained">
          Ticks are probes, dots are checkpoints. α below its line acts against selectivity, above it for selectivity;
          dashed parts are planned. The plan of a run that trains does not change: move α live, or fork the run.
        </p>
      )}
    </>
  )
}

const PlayButton = memo(({ isDisabled }: { readonly isDisabled: boolean }) => {
  const playing = usePlaying()
  return (
    <Button
      className="button play-button"
      aria-label={playing ? 'Stop playing' : 'Play the run'}
      isDisabled={isDisabled}
      onPress={togglePlaying}
      render={withShortcut('play')}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" fill="currentColor">
        <path d={playing ? 'M2 1h3v10H2zM7 1h3v10H7z' : 'M2.5 1v10l8-5z'} />
      </svg>
    </Button>
  )
})

/** The moment that the views show, with a button that returns to the newest probe. */
function Moment({ run }: { readonly run: Run }) {
  const moment = useLab((state) => state.view.moment)
  if (run.probes.length === 0) return null
  const probe = run.probes[columnAt(run, moment)]
  return (
    <>
      <p className="time-moment">
        Epoch <b>{probe.epoch.toFixed(2)}</b> <span className="quiet">step {count(probe.step)}</span>
      </p>
      <NewestButton isNewest={moment === null} />
    </>
  )
}

const NewestButton = memo(({ isNewest }: { readonly isNewest: boolean }) => (
  <Button
    className="button quiet-button time-newest"
    isDisabled={isNewest}
    onPress={() => lab.setView({ moment: null })}
  >
    {isNewest ? 'Newest' : 'Follow newest'}
  </Button>
))

/** All events as a list. */
function Events({ flags }: { readonly flags: readonly Flag[] }) {
  if (flags.length === 0) return null
  return (
    <DialogTrigger>
      <Button className="button quiet-button time-list">{plural(flags.length, 'event')}</Button>
      <Popover className="popover" placement="top start">
        <Dialog className="dialog event-list">
          <Heading slot="title">Events</Heading>
          <ol>
            {flags.map((flag) => (
              <li key={`${flag.step} ${flag.kind} ${flag.text}`}>
                {momentText(flag)}: {flag.text}
              </li>
            ))}
          </ol>
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
