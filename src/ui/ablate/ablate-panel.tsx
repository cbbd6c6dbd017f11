/** The step Ablate: measures what units do and how linear the network is, at any checkpoint of the run. */
import { memo, type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import type { AblationMode, AblationOrder } from '../../protocol/measurement.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { useShownRun } from '../../store/series.ts'
import { isActive, isBare, measureBlocker } from '../../store/status.ts'
import { Boxes, Choice, Count } from '../controls/choices.tsx'
import { More } from '../controls/more.tsx'
import { plural } from '../format.ts'
import { epochText } from '../plot/moment.ts'
import { AutoMeasure } from './auto-measure.tsx'
import { MeasuringProgress } from './measuring.tsx'
import { type AblateFields, checkpointsOf, firstFields, modulesOf, type RequestKind, requestOf } from './requests.ts'
import './ablate.css'

const orderNames: Readonly<Record<AblationOrder, string>> = {
  selective: 'most selective first',
  random: 'random',
  least: 'least selective first',
}

const modeNames: Readonly<Record<AblationMode, string>> = { zero: 'zero', mean: 'unit’s mean' }

const nothing =
  'Start a run, or open one in Compare. Then ablate its units and measure how linear it is, at any checkpoint: during a pause, after epochs that you choose, or after the end.'

/** Changes with what can be measured and with what has been measured. */
const measurableKey = ({ id, starts, checkpoints, measured, end }: Run) =>
  [id, starts.length, checkpoints.length, measured.version, end ? 'ended' : ''].join(' ')

export function AblatePanel() {
  const run = useShownRun(measurableKey)
  if (!run?.start) return <p className="quiet">{nothing}</p>
  return <Fields key={run.id} run={run} />
}

/** The fields of each run, which stay while the step is closed. */
const kept = new Map<string, AblateFields>()

type Change = (partial: Partial<AblateFields>) => void
type Press = (kind: RequestKind) => void

function useFields(run: Run): [AblateFields, Change] {
  const [fields, setFields] = useState(() => kept.get(run.id) ?? firstFields(run))
  useLayoutEffect(() => void kept.set(run.id, fields), [run.id, fields])
  const change = useCallback<Change>((partial) => setFields((before) => ({ ...before, ...partial })), [])
  return [fields, change]
}

/** Measures with what the fields show at the press. The function stays the same, so that a new checkpoint redraws no button. */
function usePress(run: Run, fields: AblateFields, moment: number | null): Press {
  const newest = useRef({ run, fields, moment })
  useLayoutEffect(() => {
    newest.current = { run, fields, moment }
  })
  return useCallback((kind) => {
    const { run: own, ...now } = newest.current
    lab.measure(requestOf(kind, own, now.fields, now.moment), own.id)
  }, [])
}

function Fields({ run }: { readonly run: Run }) {
  const [fields, change] = useFields(run)
  const active = useLab((state) => isActive(state.run.status))
  const blocker = useLab((state) => measureBlocker(state, run))
  const bare = useLab((state) => isBare(state, run))
  const moment = useLab((state) => state.view.moment)
  const blocked = blocker !== null || checkpointsOf(run, fields.where, moment).length === 0
  const press = usePress(run, fields, moment)
  return (
    <div className="ablate">
      {(active || bare || run.checkpoints.length === 0) && blocker && <p className="quiet">{blocker}</p>}
      <Shared run={run} fields={fields} moment={moment} onChange={change} />
      <CurvesPart fields={fields} blocked={blocked} onChange={change} onPress={press} />
      <EffectsPart fields={fields} blocked={blocked} onPress={press} />
      <OthersPart blocked={blocked} onPress={press} />
      {active && <AutoMeasure run={run} fields={fields} />}
      <MeasuringProgress isBlocked={blocker !== null} />
    </div>
  )
}

interface PartProps {
  readonly fields: AblateFields
  readonly blocked: boolean
  readonly onChange: Change
  readonly onPress: Press
}

const CurvesPart = memo(({ fields, blocked, onChange, onPress }: PartProps) => (
  <Part title="Ablation curves">
    <Boxes label="Order" value={fields.orders} options={orderNames} onChange={(orders) => onChange({ orders })} />
    <Act
      isDisabled={blocked || fields.orders.length === 0 || fields.modules.length === 0}
      onPress={() => onPress('curves')}
    >
      Run ablation
    </Act>
  </Part>
))

const EffectsPart = memo(({ fields, blocked, onPress }: Omit<PartProps, 'onChange'>) => (
  <Part title="Single units">
    <Act isDisabled={blocked || fields.modules.length === 0} onPress={() => onPress('effects')}>
      Ablate single units
    </Act>
  </Part>
))

const OthersPart = memo(({ blocked, onPress }: Pick<PartProps, 'blocked' | 'onPress'>) => (
  <Part title="Linearity and other indices">
    <Act isDisabled={blocked} onPress={() => onPress('linearity')}>
      Measure linearity
    </Act>
    <Act isDisabled={blocked} onPress={() => onPress('indices')}>
      Measure other indices
    </Act>
    <p className="quiet">
      CCMAS, class d′ and the precision of the 60 most activating images: means in the chart, every unit in the exported
      indices.csv.
    </p>
  </Part>
))

interface SharedProps {
  readonly run: Run
  readonly fields: AblateFields
  readonly moment: number | null
  readonly onChange: Change
}

/** Fields that several measurements share: checkpoint, modules, and the output of an ablated unit. */
function Shared({ run, fields, moment, onChange }: SharedProps) {
  const [at] = checkpointsOf(run, 'moment', moment)
  const options = {
    moment: at ? `shown: ${epochText(at.epoch)}` : 'none yet',
    all: `all ${plural(run.checkpoints.length, 'checkpoint')}`,
    ...Object.fromEntries(run.checkpoints.map(({ file, epoch }) => [file, epochText(epoch)])),
  }
  return (
    <div className="field-group">
      <Choice label="Checkpoint" value={fields.where} options={options} onChange={(where) => onChange({ where })} />
      <Modules names={modulesOf(run).join(' ')} fields={fields} onChange={onChange} />
      <Settings fields={fields} onChange={onChange} />
    </div>
  )
}

interface ModulesProps extends Pick<SharedProps, 'fields' | 'onChange'> {
  /** Separated by spaces. */
  readonly names: string
}

const Modules = memo(({ names, fields, onChange }: ModulesProps) => (
  <Boxes
    label="Modules"
    value={fields.modules}
    options={Object.fromEntries(names.split(' ').map((name) => [name, name]))}
    onChange={(modules) => onChange({ modules })}
  />
))

/** Settings with defaults that suit most runs. */
const Settings = memo(({ fields, onChange }: Pick<SharedProps, 'fields' | 'onChange'>) => (
  <More title="More settings">
    <Choice
      label="Ablated output"
      value={fields.mode}
      options={modeNames}
      onChange={(mode) => onChange({ mode: mode === 'mean' ? 'mean' : 'zero' })}
    />
    <Count
      label="Random orders"
      value={fields.draws}
      from={1}
      to={100}
      onChange={(draws) => onChange({ draws: draws ?? 5 })}
    />
    <Count
      label="Points per curve"
      value={fields.points}
      from={2}
      to={101}
      onChange={(points) => onChange({ points: points ?? 11 })}
    />
    <Count
      label="Units per module"
      value={fields.sample}
      from={1}
      to={100_000}
      empty="all"
      onChange={(sample) => onChange({ sample })}
    />
  </More>
))

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <fieldset className="field-group">
    <legend className="field-group-title">{title}</legend>
    {children}
  </fieldset>
)

interface ActProps {
  readonly isDisabled: boolean
  readonly onPress: () => void
  readonly children: string
}

const Act = ({ isDisabled, onPress, children }: ActProps) => (
  <Button className="button wide" isDisabled={isDisabled} onPress={onPress}>
    {children}
  </Button>
)
