/** What changes all charts of a run: the horizontal axis, the zoom, and the download of all of them. */
import { memo, useId } from 'react'
import { Button } from 'react-aria-components'
import { lastStep } from '../../runs/last-step.ts'
import { lab, useLab } from '../../store/lab.ts'
import { series } from '../../store/series.ts'
import type { XUnit } from '../../store/state.ts'
import { ExportAll } from '../figure/export-all.tsx'
import { ZoomButtons } from '../plot/zoom-buttons.tsx'

const units: readonly XUnit[] = ['epoch', 'step', 'time']

/** The steps with the dense early probes. */
function earlyRange(): [number, number] {
  const start = series.shown()?.start
  const perEpoch = start?.stepsPerEpoch ?? 1
  const epochs = Math.max(1, start?.config.probe.earlyEpochs ?? 2)
  return [0, Math.min(shownEnd(), epochs * perEpoch)]
}

/** The last step of the shown run. */
function shownEnd(): number {
  const run = series.shown()
  return run ? lastStep(run) : 1
}

/** Not rendered again with the charts, which grow with the run. */
export const ChartsToolbar = memo(() => {
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const id = useId()
  return (
    <div className="charts-toolbar">
      <label className="chart-select" htmlFor={id}>
        Horizontal axis
        <select
          id={id}
          className="input select"
          value={x}
          onChange={(event) => lab.setView({ x: units.find((unit) => unit === event.target.value) ?? 'epoch' })}
        >
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </label>
      <Button className="button quiet-button" onPress={() => lab.setView({ range: earlyRange() })}>
        First epochs
      </Button>
      <ZoomButtons
        range={range}
        space={() => ({ end: shownEnd(), grain: 1 })}
        onZoom={(next) => lab.setView({ range: next })}
      />
      <ExportAll />
    </div>
  )
})
