import type { Run } from '../../runs/reduce.ts'
import { useShownRun } from '../../store/series.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { index, plural } from '../format.ts'

const nowhere = 'Start a run, or open one in Compare. Its first probe, before the first step, gives the first numbers.'

function newest(run: Run): string | null {
  const probe = run.probes.at(-1)
  if (!probe) return null
  const { selectivity, floor } = probe.network
  if (!Number.isFinite(selectivity))
    return `Epoch ${probe.epoch.toFixed(2)}: the selectivity of the network is not finite`
  return `Epoch ${probe.epoch.toFixed(2)}: network SI ${index(selectivity)}, chance floor ${index(floor)}, difference ${index(selectivity - floor)}`
}

const recordedKey = ({ id, probes, evaluations, checkpoints }: Run) =>
  [id, probes.length, evaluations.length, checkpoints.length].join(' ')

/** The newest selectivity in a sentence, and counts of what the run has recorded. */
export function ObservePanel() {
  const run = useShownRun(recordedKey)
  const sentence = run && newest(run)
  if (!run || !sentence) return <p className="quiet">{nowhere}</p>
  return (
    <>
      <p className="observed">{sentence}.</p>
      <p className="quiet">
        {plural(run.probes.length, 'probe')}, {plural(run.evaluations.length, 'evaluation')},{' '}
        {plural(run.checkpoints.length, 'checkpoint')}. Drag the marker on the time line to see earlier moments.
      </p>
      <CopyButton text={sentence} label="Copy these numbers" />
    </>
  )
}
