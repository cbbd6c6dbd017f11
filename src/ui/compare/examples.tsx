/** Example runs that come with the page. */
import { Button } from 'react-aria-components'
import { useExperiments } from '../../store/experiments/page.ts'
import type { Example } from '../../store/experiments/state.ts'
import { More } from '../controls/more.tsx'
import { showExample } from '../tour/examples.ts'
import { ProvenanceList } from '../tour/provenance.tsx'

export function Examples() {
  const examples = useExperiments((state) => state.examples)
  if (examples.length === 0) return null
  return (
    <ul className="run-list" aria-label="Examples">
      {examples.map((example) => (
        <ExampleItem key={example.id} example={example} />
      ))}
    </ul>
  )
}

function ExampleItem({ example }: { readonly example: Example }) {
  const busy = useExperiments((state) => state.busy !== null)
  const { title, text, provenance } = example
  return (
    <li>
      <div className="run-words">
        <span>{title}</span>
        <span className="quiet">{text}</span>
        <More title="How it was made">
          <ProvenanceList provenance={provenance} />
        </More>
      </div>
      <Button
        className="button quiet-button"
        aria-label={`Open ${title}`}
        isDisabled={busy}
        onPress={() => showExample(example)}
      >
        Open
      </Button>
    </li>
  )
}
