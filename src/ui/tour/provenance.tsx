/** How the runs of an example were made. */
import type { Provenance } from '../../store/experiments/state.ts'
import { CopyButton } from '../controls/copy-button.tsx'

export const ProvenanceList = ({ provenance }: { readonly provenance: Provenance }) => (
  <dl className="provenance">
    <dt>Images</dt>
    <dd>{provenance.data}</dd>
    <dt>Lab</dt>
    <dd>
      {provenance.lab}
      {provenance.commit && `, commit ${provenance.commit}`}
    </dd>
    <dt>Adapter</dt>
    <dd>{provenance.adapter}</dd>
    <dt>Command</dt>
    <dd>
      <code>{provenance.command}</code> <CopyButton text={provenance.command} label="Copy the command" />
    </dd>
  </dl>
)
