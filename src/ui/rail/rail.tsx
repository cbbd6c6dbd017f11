/** The rail: the steps of an experiment from top to bottom, of which one is open. */
import type { ComponentType, KeyboardEvent } from 'react'
import { type Step, steps, usePageView } from '../../store/page-view.ts'
import { later } from '../boundary/later.tsx'
import { DataPanel } from '../data/data-panel.tsx'
import { RailStep } from './rail-step.tsx'
import { summaries } from './use-summary.ts'
import './rail.css'

/** The first step is open when the page opens. */
const ModelPanel = later(async () => (await import('../model/model-panel.tsx')).ModelPanel)
const TrainPanel = later(async () => (await import('../train/train-panel.tsx')).TrainPanel)
const ObservePanel = later(async () => (await import('../observe/observe-panel.tsx')).ObservePanel)
const AblatePanel = later(async () => (await import('../ablate/ablate-panel.tsx')).AblatePanel)
const ComparePanel = later(async () => (await import('../compare/compare-panel.tsx')).ComparePanel)
const ExportPanel = later(async () => (await import('../export/export-panel.tsx')).ExportPanel)

interface Part {
  readonly name: string
  readonly Panel: ComponentType & { readonly preload?: () => void }
}

const parts: Readonly<Record<Step, Part>> = {
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
          <RailStep
            key={step}
            step={step}
            name={name}
            number={i + 1}
            useSummary={summaries[step]}
            preload={Panel.preload}
          >
            <Panel />
          </RailStep>
        )
      })}
    </aside>
  )
}
