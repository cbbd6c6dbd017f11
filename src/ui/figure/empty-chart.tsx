/** A chart without data: what will appear, a faint example of it, and how to get it. */
import { memo, Suspense } from 'react'
import { Button } from 'react-aria-components'
import { openStep, type Step } from '../../store/page-view.ts'
import { loadable } from '../boundary/later.tsx'
import type { ExampleName } from '../charts/examples/names.ts'
import { Explanation } from '../explain/explanation.tsx'
import type { Topic } from '../explain/topics.ts'
import type { ChartSize } from './chart-frame.tsx'
import { ExampleTag } from './example-tag.tsx'
import './figure.css'

const Example = loadable(async () => (await import('../charts/examples/example.tsx')).Example)

interface Props {
  readonly title: string
  readonly topic: Topic
  readonly size?: ChartSize | 'third'
  readonly text: string
  /** What a full chart looks like; none if a full chart is not what is missing. */
  readonly example?: ExampleName
  /** The step that makes the numbers of this chart. */
  readonly step?: { readonly name: Step; readonly label: string }
}

/** Rendered again only when it has changed: the run that its chart waits for grows. */
export const EmptyChart = memo(({ title, topic, size = 'wide', text, example, step }: Props) => (
  <section className={`chart ${size} empty`} aria-label={title}>
    <header className="chart-head">
      <h2>{title}</h2>
      {example && <ExampleTag />}
    </header>
    <Explanation topic={topic} />
    <p className="chart-empty">{text}</p>
    {step && (
      <Button className="button chart-step" onPress={() => openStep(step.name)}>
        {step.label}
      </Button>
    )}
    {example && (
      <div className="chart-example" aria-hidden="true">
        <Suspense>
          <Example name={example} />
        </Suspense>
      </div>
    )}
  </section>
))
