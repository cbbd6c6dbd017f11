/** The bottom line: what happened when, the applied α, and the moment that all views show. */
import { useMemo } from 'react'
import { Button } from 'react-aria-components'
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { configNow } from '../../store/status.ts'
import { alphaSpans } from '../plot/alpha-spans.ts'
import { columnAt } from '../plot/moment.ts'
import { useWidth } from '../plot/use-width.ts'
import { Bar, Epochs, FlagMark, height, pad, rail, Zero } from './time-line-drawing.tsx'
import { flagsOf, plannedSpans } from './time-line-model.ts'
import { Track } from './time-line-track.tsx'
import './time-line.css'

export function TimeLine() {
  const { run, version } = useRun()
  return (
    <section className="time-region" aria-label="Time line">
      {run?.start ? <Started run={run} version={version} /> : <Planned />}
    </section>
  )
}

/** Before a run: the schedule, as planned. */
function Planned() {
  const { schedule } = useLab((state) => configNow(state).regularizer)
  const epochs = useLab((state) => configNow(state).train.epochs)
  const [width, ref] = useWidth()
  const at = (step: number) => pad + (step / epochs) * (width - 2 * pad)
  const spans = plannedSpans(schedule, 1, epochs)
  return (
    <>
      <div className="time-head">
        <h2>Time line</h2>
        <p className="quiet">
          {spans.length > 0 ? 'The planned α over the epochs. ' : ''}
          Probes, checkpoints, the applied α and every change appear here while the network trains.
        </p>
      </div>
      <div ref={ref} className="time-track" style={{ height: 62 }}>
        {width > 0 && (
          <svg
            width={width}
            height="62"
            role="img"
            aria-label={`Planned α: ${spans.map(({ from, to, alpha }) => `${alpha} from epoch ${from} to ${to}`).join(', ') || 'none'}`}
          >
            <Zero width={width} />
            {spans.map((span) => (
              <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
            ))}
            <Epochs epochs={epochs} width={width} y={58} />
          </svg>
        )}
      </div>
    </>
  )
}

function Started({ run, version }: { readonly run: Run; readonly version: number }) {
  const [width, ref] = useWidth()
  const total = Math.max(1, run.start?.totalSteps ?? 1)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const flags = useMemo(() => flagsOf(run), [run, version])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const applied = useMemo(() => alphaSpans(run), [run, version])
  const at = (step: number) => pad + (step / total) * (width - 2 * pad)
  const stepAt = (x: number) => ((x - pad) / (width - 2 * pad)) * total
  const done = lastStep(run)
  const planned = plannedSpans(run.start?.config.regularizer.schedule ?? [], run.start?.stepsPerEpoch ?? 1, total)
  const ahead = planned.flatMap((span) =>
    span.to > done && !run.end ? [{ ...span, from: Math.max(done, span.from) }] : [],
  )
  return (
    <>
      <div className="time-head">
        <h2>Time line</h2>
        <span className="quiet">
          <span className="time-key time-key-probe">probes</span>{' '}
          <span className="time-key time-key-checkpoint">checkpoints</span>{' '}
          <span className="time-key time-key-against">α &lt; 0</span>{' '}
          <span className="time-key time-key-for">α &gt; 0</span>
        </span>
        <Moment run={run} />
      </div>
      <div ref={ref} style={{ height }}>
        {width > 0 && (
          <Track run={run} at={at} stepAt={stepAt}>
            <svg width={width} height={height} aria-hidden="true">
              <Zero width={width} />
              <rect
                x={pad}
                width={at(Math.min(done, total)) - pad}
                y={rail - 2}
                height="4"
                fill="var(--accent)"
                fillOpacity="0.35"
              />
              <line x1={pad} x2={width - pad} y1={rail} y2={rail} stroke="var(--line-2)" />
              {ahead.map((span) => (
                <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
              ))}
              {applied.map((span) => (
                <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} />
              ))}
              {run.probes.map(({ step }) => (
                <line key={step} x1={at(step)} x2={at(step)} y1={rail - 8} y2={rail + 4} stroke="var(--ink-2)" />
              ))}
              {run.checkpoints.map(({ step, file }) => (
                <circle key={file} cx={at(step)} cy={rail + 8} r="2.5" fill="var(--accent)" />
              ))}
              {flags.map((flag) => (
                <FlagMark key={`${flag.step} ${flag.kind} ${flag.text}`} flag={flag} x={at(flag.step)} />
              ))}
              <Epochs epochs={total / (run.start?.stepsPerEpoch ?? 1)} width={width} y={height - 4} />
            </svg>
          </Track>
        )}
      </div>
      <details className="time-events">
        <summary>
          {flags.length === 0 ? 'No events yet' : `${flags.length} event${flags.length === 1 ? '' : 's'}`}
        </summary>
        <ol>
          {flags.map(({ step, epoch, kind, text }) => (
            <li key={`${step} ${kind} ${text}`}>
              epoch {epoch.toFixed(2)}, step {step}: {text}
            </li>
          ))}
        </ol>
      </details>
    </>
  )
}

/** Which moment the views show, and the way back to the newest. */
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
