/** The inspector of one unit: its numbers, its history, the classes and images that activate it, and the effect of ablating it. */

import { useEffect } from 'react'
import { Button } from 'react-aria-components'
import type { CheckpointEvent } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'
import type { UnitMoment, UnitName } from '../../runs/units/history.ts'
import { lab, labStore, useLab } from '../../store/lab.ts'
import { configLink, unitText } from '../../store/link.ts'
import { measureBlocker } from '../../store/status.ts'
import { TuningChart } from '../charts/class-tuning/chart.tsx'
import { tunedClasses } from '../charts/class-tuning/model.ts'
import { HistoryChart } from '../charts/unit-history/chart.tsx'
import { className, momentAt } from '../charts/unit-history/model.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { decimal } from '../format.ts'
import { lineStyle } from '../plot/modules.ts'
import { checkpointAt, epochText } from '../plot/moment.ts'
import { missingUnits } from '../units/missing.ts'
import { useUnitHistory } from '../units/use-units.ts'
import { Waiting } from '../units/waiting.tsx'
import { TopImages } from './top-images.tsx'
import { UnitEffect } from './unit-effect.tsx'

interface Props {
  readonly run: Run
  /** The unit, at a site of the run. */
  readonly name: UnitName
  readonly moment: number | null
}

/** Until another unit or a new probe is read, everything here stays at the unit and the probes before. */
export function UnitInspector({ run, name, moment }: Props) {
  const loaded = useUnitHistory(run, name)
  if (loaded.status === 'loading') return <Waiting text={`Reading unit ${unitText(name)}…`} height={200} />
  if (loaded.status === 'failed')
    return (
      <p className="note warning" role="alert">
        {loaded.message}
      </p>
    )
  const { moments, name: shown } = loaded.value
  return <Unit run={run} name={shown} moment={moment} history={moments} busy={loaded.busy} />
}

interface UnitProps extends Props {
  /** Empty for a run whose units were not kept. */
  readonly history: readonly UnitMoment[]
  /** Another unit or a new probe is being read. */
  readonly busy: boolean
}

function Unit({ run, name, moment, history, busy }: UnitProps) {
  const at = history.length === 0 ? null : momentAt(history, moment)
  const color = lineStyle(name.site.slice(0, name.site.indexOf('.'))).color
  const checkpoint = checkpointAt(run, moment)
  return (
    <section className="unit-view" aria-label={`Unit ${unitText(name)}`} aria-busy={busy}>
      <Head run={run} name={name} epoch={at?.epoch ?? null} />
      {at ? (
        <>
          <Facts run={run} at={at} />
          <HistoryChart run={run} history={history} step={at.step} color={color} />
        </>
      ) : (
        <p className="quiet">{missingUnits}</p>
      )}
      {checkpoint && <Responses run={run} name={name} checkpoint={checkpoint} color={color} />}
      {checkpoint && <UnitEffect run={run} name={name} checkpoint={checkpoint} />}
    </section>
  )
}

interface HeadProps {
  readonly run: Run
  readonly name: UnitName
  /** Null where its numbers were not kept. */
  readonly epoch: number | null
}

/** The name, with a link that restores the configuration and the unit. It does not contain the data or the run. */
function Head({ run, name, epoch }: HeadProps) {
  const link = () => configLink(window.location.href, run.start?.config ?? labStore.getState().config, unitText(name))
  return (
    <header className="unit-head">
      <Button className="button quiet-button" onPress={() => lab.lookAtUnit(name.site, null)}>
        ‹ {name.site}
      </Button>
      <h2>{unitText(name)}</h2>
      {epoch !== null && <span className="quiet">{epochText(epoch)}</span>}
      <CopyButton text={link} label="Copy link to this unit" short="Copy link" />
    </header>
  )
}

function Facts({ run, at }: { readonly run: Run; readonly at: UnitMoment }) {
  return (
    <dl className="site-facts">
      <dt>SI</dt>
      <dd>{decimal(at.selectivity, 3)}</dd>
      <dt>chance floor</dt>
      <dd>{decimal(at.floor, 3)}</dd>
      <dt>preferred class</dt>
      <dd>{at.dead ? 'none: dead' : className(run, at.preferredClass)}</dd>
    </dl>
  )
}

interface ResponsesProps {
  readonly run: Run
  readonly name: UnitName
  readonly checkpoint: CheckpointEvent
  readonly color: string
}

/** The number of images. */
const top = 9

/** Class tuning and images at a checkpoint. After the first measurement at a checkpoint, other units are measured automatically. */
function Responses({ run, name, checkpoint, color }: ResponsesProps) {
  const { profile, current, note } = useLab((state) => state.measuring)
  const blocker = useLab((state) => measureBlocker(state, run))
  const { file, epoch } = checkpoint
  const near = profile?.runId === run.id && profile.checkpoint === file
  const here = near && profile.site === name.site && profile.unit === name.unit
  const ask = near && !here && blocker === null
  const { site, unit } = name
  useEffect(() => {
    if (ask) lab.measure({ kind: 'profile', checkpoints: [{ file, epoch }], site, unit, top }, run.id)
  }, [ask, file, epoch, site, unit, run.id])
  if (here) {
    return (
      <>
        <TuningChart run={run} classes={tunedClasses(run, profile)} epoch={epoch} color={color} />
        <h3>Images that activate it most</h3>
        {profile.dead ? (
          <p className="quiet">None: the unit is zero on every image of the probe set.</p>
        ) : (
          <TopImages run={run} images={profile.top} />
        )}
      </>
    )
  }
  if (current?.measurement.kind === 'profile') return <p className="quiet">Measuring what activates it…</p>
  return (
    <>
      <p className="quiet">
        Its mean activation by class and the validation images that activate it most, at {epochText(epoch)}.
      </p>
      {blocker && <p className="quiet">{blocker}</p>}
      {note?.kind === 'profile' && (
        <p className="note warning" role="alert">
          {note.text}
        </p>
      )}
      <Button
        className="button"
        isDisabled={blocker !== null}
        onPress={() => lab.measure({ kind: 'profile', checkpoints: [{ file, epoch }], site, unit, top }, run.id)}
      >
        Show what activates it
      </Button>
    </>
  )
}
