import { Switch } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { WeightsState } from '../../store/state.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { More } from '../controls/more.tsx'
import { KeepScreenOn } from './keep-screen-on.tsx'
import { StartWeights } from './start-weights.tsx'

export function TrainPanel() {
  return (
    <>
      <LockedNote />
      <FieldGroups section="train">
        <fieldset className="field-group">
          <legend className="field-group-title">This computer</legend>
          <KeepScreenOn />
          <Eager />
          <Retune />
        </fieldset>
      </FieldGroups>
      <Weights />
    </>
  )
}

const beginning = (weights: WeightsState): string => {
  if (weights.status === 'ready') return weights.report.file
  return weights.status === 'refused' ? 'not usable' : 'random'
}

function Weights() {
  const weights = useLab((state) => state.weights)
  return (
    <More
      title={`Start from weights: ${beginning(weights)}`}
      tone={weights.status === 'refused' ? 'warning' : undefined}
      defaultExpanded={weights.status !== 'none'}
    >
      <StartWeights />
    </More>
  )
}

/** Turns the compilation of the training step off, to compare it with eager execution. */
function Eager() {
  const eager = useLab((state) => state.eager)
  return (
    <div className="retune">
      <Switch className="switch" isSelected={!eager} onChange={(compiled) => lab.setEager(!compiled)}>
        <span className="switch-track" />
        Compile the training step
      </Switch>
      <p className="quiet">
        A compiled step is recorded once and replayed: less memory, less JavaScript time, the same numbers to the last
        bit. Applies from the next start.
      </p>
    </div>
  )
}

/** Times the kernels again, for instance after the driver has changed. The browser stores timings between visits. */
function Retune() {
  const retune = useLab((state) => state.retune)
  return (
    <div className="retune">
      <Switch className="switch" isSelected={retune} onChange={lab.setRetune}>
        <span className="switch-track" />
        Time the kernels at the next start
      </Switch>
      <p className="quiet">
        The fastest kernels depend on the GPU. The first start times them, for at most 30 s, and stores the result. Turn
        this on to time them again.
      </p>
    </div>
  )
}
