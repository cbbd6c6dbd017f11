/** The rail: the steps of an experiment from top to bottom. */
import { Switch } from 'react-aria-components'
import { setExplained, usePageView } from '../../store/page-view.ts'
import { AblatePanel } from '../ablate/ablate-panel.tsx'
import { Boundary } from '../boundary/boundary.tsx'
import { ComparePanel } from '../compare/compare-panel.tsx'
import { DataPanel } from '../data/data-panel.tsx'
import { ExportPanel } from '../export/export-panel.tsx'
import { ModelPanel } from '../model/model-panel.tsx'
import { ObservePanel } from '../observe/observe-panel.tsx'
import { TrainPanel } from '../train/train-panel.tsx'
import { RailStep } from './rail-step.tsx'
import './rail.css'

const steps = [
  { name: 'Data', Panel: DataPanel },
  { name: 'Model', Panel: ModelPanel },
  { name: 'Train', Panel: TrainPanel },
  { name: 'Observe', Panel: ObservePanel },
  { name: 'Ablate', Panel: AblatePanel },
  { name: 'Compare', Panel: ComparePanel },
  { name: 'Export', Panel: ExportPanel },
] as const

export function Rail() {
  const explained = usePageView((view) => view.explained)
  return (
    <aside className={explained ? 'rail explained' : 'rail'} aria-label="Setup">
      <div className="rail-top">
        <nav aria-label="Steps">
          <ol className="rail-nav">
            {steps.map(({ name }) => (
              <li key={name}>
                <a href={`#step-${name.toLowerCase()}`}>{name}</a>
              </li>
            ))}
          </ol>
        </nav>
        <Switch className="switch small" isSelected={explained} onChange={setExplained} aria-label="Explain fields">
          <span aria-hidden="true">Explain</span>
          <span className="switch-track" />
        </Switch>
      </div>
      {steps.map(({ name, Panel }, i) => (
        <RailStep key={name} name={name} number={i + 1}>
          <Boundary part={name}>
            <Panel />
          </Boundary>
        </RailStep>
      ))}
    </aside>
  )
}
