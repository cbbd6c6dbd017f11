import type { GraphReport } from '../../protocol/environment.ts'
import type { Run } from '../../runs/reduce.ts'
import { bytes, count } from '../format.ts'

const names: Readonly<Record<string, string>> = {
  training: 'Training step',
  evaluation: 'Evaluation batch',
  probe: 'Probe batch',
}

const milliseconds = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`)

/** A table of the GPU work of each graph of a run. */
export function Graphs({ run }: { readonly run: Run }) {
  const known = Object.keys(names)
  const graphs = [...run.graphs.values()].sort((a, b) => known.indexOf(a.name) - known.indexOf(b.name))
  return (
    <section aria-label="Work on the GPU">
      <h3>Work on the GPU</h3>
      <table className="graphs-table">
        <thead>
          <tr>
            {['', 'Dispatches', 'Submits', 'Uploads', 'Intermediates', 'JavaScript', 'Peak'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {graphs.map((graph) => (
            <GraphRow key={graph.name} graph={graph} />
          ))}
        </tbody>
      </table>
      <p className="quiet">
        Each row is for one execution. Intermediates: the memory that the plan needs, and the memory without a plan; the
        live bytes are the lower bound. JavaScript: the time that one execution keeps the worker busy.
      </p>
    </section>
  )
}

function howItRuns({ compiled, activations, refusal }: GraphReport): string {
  if (!compiled) return refusal ?? 'not compiled'
  return activations ? `compiled, activations in ${activations}` : 'compiled'
}

function GraphRow({ graph }: { readonly graph: GraphReport }) {
  const { name, dispatches, submits, uploadedBytes, scriptMilliseconds, peakBytes } = graph
  return (
    <tr>
      <th scope="row">
        {names[name] ?? name}
        <small>{howItRuns(graph)}</small>
      </th>
      <td>{count(dispatches)}</td>
      <td>{count(submits)}</td>
      <td>{bytes(uploadedBytes)}</td>
      <td>
        <Intermediates graph={graph} />
      </td>
      <td>{milliseconds(scriptMilliseconds)}</td>
      <td>{bytes(peakBytes)}</td>
    </tr>
  )
}

function Intermediates({ graph: { plannedBytes, unplannedBytes, liveBytes } }: { readonly graph: GraphReport }) {
  if (plannedBytes === null || unplannedBytes === null || liveBytes === null) return '–'
  return (
    <>
      {bytes(plannedBytes)}
      <small>
        of {bytes(unplannedBytes)}; live {bytes(liveBytes)}
      </small>
    </>
  )
}
