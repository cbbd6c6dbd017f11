/** The effect of ablating a unit, at each checkpoint with a measurement. */
import { Button } from 'react-aria-components'
import type { CheckpointEvent } from '../../protocol/run-events.ts'
import { effectRows } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import type { UnitName } from '../../runs/units/history.ts'
import { lab, useLab } from '../../store/lab.ts'
import { measureBlocker } from '../../store/status.ts'
import { epochText } from '../plot/moment.ts'

interface Props {
  readonly run: Run
  readonly name: UnitName
  readonly checkpoint: CheckpointEvent
}

const signed = (value: number, digits: number) => {
  const text = value.toFixed(digits)
  return value > 0 ? `+${text}` : text.replace('-', '−')
}

export function UnitEffect({ run, name: { site, unit }, checkpoint: { file, epoch } }: Props) {
  const blocker = useLab((state) => measureBlocker(state, run))
  const rows = effectRows(run.measured).filter((row) => row.site === site && row.unit === unit)
  const known = rows.some((row) => row.checkpoint === file && row.mode === 'zero')
  const ask = () =>
    lab.measure({ kind: 'effects', checkpoints: [{ file, epoch }], mode: 'zero', units: { [site]: [unit] } }, run.id)
  return (
    <>
      <h3>Ablated</h3>
      {rows.length > 0 && (
        <table className="units unit-effects">
          <thead>
            <tr>
              <th scope="col">epoch</th>
              <th scope="col">loss</th>
              <th scope="col">top-1</th>
              <th scope="col">its class</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.checkpoint} ${row.mode}`}>
                <td>
                  {row.epoch.toFixed(2)}
                  {row.mode === 'mean' && ' (mean)'}
                </td>
                <td>{signed(row.lossIncrease, 4)}</td>
                <td>{signed(-100 * row.top1Drop, 1)} %</td>
                <td>{signed(-100 * row.preferredTop1Drop, 1)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!known && (
        <>
          <p className="quiet">The change in loss and accuracy when its activation is set to zero.</p>
          <Button className="button" isDisabled={blocker !== null} onPress={ask}>
            Ablate it at {epochText(epoch)}
          </Button>
        </>
      )}
    </>
  )
}
