import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components'
import type { GraphReport } from '../../protocol/environment.ts'
import { useRun } from '../../store/series.ts'
import { bytes, count } from '../format.ts'

const names: Readonly<Record<string, string>> = {
  training: 'Training step',
  evaluation: 'Evaluation batch',
  probe: 'Probe batch',
}

const milliseconds = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`)

/** The GPU memory in use. A press opens a table of the GPU work of each graph. */
export function Graphs({ memory }: { readonly memory: string }) {
  const { run } = useRun()
  const known = Object.keys(names)
  const graphs = [...(run?.graphs.values() ?? [])].sort((a, b) => known.indexOf(a.name) - known.indexOf(b.name))
  if (graphs.length === 0) return memory
  return (
    <DialogTrigger>
      <Button className="link-button" aria-label={`GPU memory ${memory}: details of the work on the GPU`}>
        {memory}
      </Button>
      <Popover className="popover graphs" placement="bottom">
        <Dialog className="dialog">
          <Heading slot="title">Work on the GPU</Heading>
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
            Each row is for one execution. Intermediates: the memory that the plan needs, and the memory without a plan;
            the live bytes are the lower bound. JavaScript: the time that one execution keeps the worker busy.
          </p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function GraphRow({ graph }: { readonly graph: GraphReport }) {
  const { name, compiled, refusal, dispatches, submits, uploadedBytes, scriptMilliseconds, peakBytes } = graph
  return (
    <tr>
      <th scope="row">
        {names[name] ?? name}
        <small>{compiled ? 'compiled' : (refusal ?? 'not compiled')}</small>
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
