/** The rail: the steps of an experiment from top to bottom, of which one is open. */
import { type ComponentType, type KeyboardEvent, lazy, Suspense } from 'react'
import { type Step, steps, usePageView } from '../../store/page-view.ts'
import { DataPanel } from '../data/data-panel.tsx'
import { ModelPanel } from '../model/model-panel.tsx'
import { ObservePanel } from '../observe/observe-panel.tsx'
import { TrainPanel } from '../train/train-panel.tsx'
import { RailStep } from './rail-step.tsx'
import { summaries } from './use-summary.ts'
import './rail.css'

/** Most visits open the last steps late or never. */
const AblatePanel = lazy(() => import('../ablate/ablate-panel.tsx').then((file) => ({ default: file.AblatePanel })))
const ComparePanel = lazy(() => import('../compare/compare-panel.tsx').then((file) => ({ default: file.ComparePanel })))
const ExportPanel = lazy(() => import('../export/export-panel.tsx').then((file) => ({ default: file.ExportPanel })))

const parts: Readonly<Record<Step, { readonly name: string; readonly Panel: ComponentType }>> = {
  data: { name: 'Data', Panel: DataPanel },
  model: { name: 'Model', Panel: ModelPanel },
  train: { name: 'Train', Panel: TrainPanel },
  observe: { name: 'Observe', Panel: ObservePanel },
  ablate: { name: 'Ablate', Panel: AblatePanel },
  compare: { name: 'Compare', Panel: ComparePanel },
  export: { name: 'Export', Panel: ExportPanel },
}

/** Where each key moves the focus among the headers: from their index and number. */
const moves: Readonly<Record<string, (at: number, length: number) => number>> = {
  ArrowDown: (at, length) => (at + 1) % length,
  ArrowUp: (at, length) => (at + length - 1) % length,
  Home: () => 0,
  End: (_, length) => length - 1,
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const headers = [...event.currentTarget.querySelectorAll<HTMLElement>('.step-header')]
  const at = event.target instanceof HTMLElement ? headers.indexOf(event.target) : -1
  const move = moves[event.key]
  if (at < 0 || !move) return
  event.preventDefault()
  headers[move(at, headers.length)].focus()
}

export function Rail() {
  const explained = usePageView((view) => view.explained)
  return (
    <aside className={explained ? 'rail explained' : 'rail'} aria-label="Setup" onKeyDownCapture={moveFocus}>
      {steps.map((step, i) => {
        const { name, Panel } = parts[step]
        return (
          <RailStep key={step} step={step} name={name} number={i + 1} useSummary={summaries[step]}>
            <Suspense fallback={<p className="quiet">Loading…</p>}>
              <Panel />
            </Suspense>
          </RailStep>
        )
      })}
    </aside>
  )
}
