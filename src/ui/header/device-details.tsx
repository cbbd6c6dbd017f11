/** The adapter, its limits, the GPU memory in use, the chosen kernels, and the work of each graph. */
import type { Environment } from '../../protocol/environment.ts'
import { useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import type { DeviceState } from '../../store/state.ts'
import { Fact } from '../data/fact.tsx'
import { bytes, count, plural } from '../format.ts'
import { Graphs } from './graphs.tsx'

export function DeviceDetails() {
  const device = useLab((state) => state.device)
  const { current: run } = useRun()
  const memory = run?.steps.column('gpuBytes').at(-1)
  const kernels = run?.start?.environment.kernels
  return (
    <>
      <dl className="facts">
        <Adapter device={device} />
        {memory !== undefined && <Fact name="GPU memory of the run">{bytes(memory)}</Fact>}
        {kernels && <Fact name="Kernels">{kernelsText(kernels)}</Fact>}
      </dl>
      {run && run.graphs.size > 0 ? (
        <Graphs run={run} />
      ) : (
        <p className="quiet">While a run trains, this lists its compiled graphs with their memory and time.</p>
      )}
    </>
  )
}

function Adapter({ device }: { readonly device: DeviceState }) {
  if (device.status === 'starting') return <Fact name="Adapter">looking for one…</Fact>
  if (device.status === 'refused') return <Fact name="Adapter">{device.message}</Fact>
  const { name, vendor, architecture, description, software, limits } = device.adapter
  const parts = [vendor, architecture, description].filter((part) => part !== '' && part !== name)
  return (
    <>
      <Fact name="Adapter">{name}</Fact>
      {parts.length > 0 && <Fact name="Described as">{parts.join(', ')}</Fact>}
      {software && <Fact name="Kind">software: the CPU computes, several hundred times slower than a GPU</Fact>}
      {limits.maxBufferSize && (
        <Fact name="Largest buffer">
          {bytes(limits.maxBufferSize)}, {count(limits.maxBufferSize)} bytes
        </Fact>
      )}
    </>
  )
}

function kernelsText({ choices, rejected = [] }: NonNullable<Environment['kernels']>): string {
  const chosen = Object.keys(choices).length
  const timed = chosen === 0 ? 'not timed; chosen by shape' : `${plural(chosen, 'kernel')} chosen by timing`
  return rejected.length === 0 ? timed : `${timed}, ${plural(rejected.length, 'variant')} rejected`
}
