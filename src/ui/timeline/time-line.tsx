/** The time line at the bottom: events of the run, the applied α, and the moment that all views show. */
import { Button } from 'react-aria-components'
import { columnAt } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { useShownRun } from '../../store/series.ts'
import { configNow } from '../../store/status.ts'
import { plural } from '../format.ts'
import { PlotArea } from '../plot/plot-area.tsx'
import { Bar, Epochs, pad, Zero } from './time-line-drawing.tsx'
import { type Flag, flagsOf, plannedSpans, timeLineKey } from './time-line-model.ts'
import { RunTrack } from './time-line-track.tsx'
import './time-line.css'

export function TimeLine() {
  const run = useShownRun(timeLineKey)
  return (
    <section className="time-region" aria-label="Time line">
      {run?.start ? <Started run={run} /> : <Planned />}
    </section>
  )
}

const plannedHeight = 62

/** Shows the planned schedule before a run. */
function Planned() {
  const { schedule } = useLab((state) => configNow(state).regularizer)
  const epochs = useLab((state) => configNow(state).train.epochs)
  const spans = plannedSpans(schedule, 1, epochs)
  const spoken = spans.map(({ from, to, alpha }) => `${alpha} from epoch ${from} to ${to}`).join(', ')
  return (
    <>
      <div className="time-head">
        <h2>Time line</h2>
        <p className="quiet">
          {spans.length > 0 && 'The planned α over the epochs. '}
          During training, probes, checkpoints, the applied α and every change appear here.
        </p>
      </div>
      <PlotArea height={plannedHeight}>
        {(width) => {
          const at = (epoch: number) => pad + (epoch / epochs) * (width - 2 * pad)
          return (
            <svg width={width} height={plannedHeight} role="img" aria-label={`Planned α: ${spoken || 'none'}`}>
              <Zero width={width} />
              {spans.map((span) => (
                <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
              ))}
              <Epochs epochs={epochs} width={width} y={plannedHeight - 4} />
            </svg>
          )
        }}
      </PlotArea>
    </>
  )
}

function Started({ run }: { readonly run: Run }) {
  const flags = flagsOf(run)
  return (
    <>
      <div className="time-head">
        <h2>Time line</h2>
        <span className="quiet">
          <span className="time-key time-key-probe">probes</span>{' '}
          <span className="time-key time-key-checkpoint">checkpoints</span>{' '}
          <span className="time-key time-key-against">α &lt; 0</span>{' '}
          <span className="time-key time-key-for">α &gt; 0</span>
          {flags.some(({ kind }) => kind === 'fork') && <span className="time-key time-key-fork">fork</span>}
          {flags.some(({ kind }) => kind === 'resumed') && <span className="time-key time-key-resumed">resumed</span>}
        </span>
        <Moment run={run} />
      </div>
      <RunTrack run={run} flags={flags} />
      <Events flags={flags} />
    </>
  )
}

/** The moment that the views show, with a button that returns to the newest probe. */
function Moment({ run }: { readonly run: Run }) {
  const moment = useLab((state) => state.view.moment)
  if (run.probes.length === 0) return null
  const probe = run.probes[columnAt(run, moment)]
  return (
    <span className="time-moment">
      Views show epoch {probe.epoch.toFixed(2)}
      <Button
        className="button quiet-button"
        isDisabled={moment === null}
        onPress={() => lab.setView({ moment: null })}
      >
        Follow newest
      </Button>
    </span>
  )
}

const Events = ({ flags }: { readonly flags: readonly Flag[] }) => (
  <details className="time-events">
    <summary>{flags.length === 0 ? 'No events yet' : plural(flags.length, 'event')}</summary>
    <ol>
      {flags.map(({ step, epoch, kind, text }) => (
        <li key={`${step} ${kind} ${text}`}>
          epoch {epoch.toFixed(2)}, step {step}: {text}
        </li>
      ))}
    </ol>
  </details>
)
