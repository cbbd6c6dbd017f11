/**
 * How long each dispatch of a training step takes on the GPU. The benchmark works at WebGPU's interface: it gives each dispatch
 * a compute pass of its own with two time stamps. Passes run one after the other, so the sum can exceed the step's own time.
 */
import { openGpu } from '../src/gpu/backend.ts'
import { DeviceError } from '../src/gpu/device.ts'
import { type BenchOptions, benchCase } from './case.ts'
import { makeTfjsPeer } from './peers/tfjs.ts'

export interface ProfileRow {
  /** The key of the dispatched program. */
  readonly program: string
  readonly dispatches: number
  readonly milliseconds: number
}

export interface ProfileResult {
  readonly adapter: string
  readonly case: BenchOptions
  /** Wall time of a step without time stamps. */
  readonly millisecondsPerStep: number
  readonly rows: readonly ProfileRow[]
}

/** Dispatches that one query set can time. */
const most = 2048

interface Stamps {
  readonly set: GPUQuerySet
  readonly labels: string[]
}

let stamps: Stamps | null = null

/** A compute pass that gives each dispatch a pass of its own. */
function stampedPass(begin: (descriptor: GPUComputePassDescriptor) => GPUComputePassEncoder, { set, labels }: Stamps) {
  let pipeline: GPUComputePipeline | undefined
  const groups = new Map<number, GPUBindGroup>()
  return {
    setPipeline: (next: GPUComputePipeline) => {
      pipeline = next
    },
    setBindGroup: (index: number, group: GPUBindGroup) => groups.set(index, group),
    dispatchWorkgroups: (...counts: [number, number?, number?]) => {
      const n = labels.push(pipeline?.label ?? '') - 1
      if (n >= most) throw new Error(`the step has more than ${most} dispatches`)
      const writes = { querySet: set, beginningOfPassWriteIndex: 2 * n, endOfPassWriteIndex: 2 * n + 1 }
      const pass = begin({ timestampWrites: writes })
      if (pipeline) pass.setPipeline(pipeline)
      for (const [index, group] of groups) pass.setBindGroup(index, group)
      pass.dispatchWorkgroups(...counts)
      pass.end()
    },
    end: () => {},
  }
}

/** Installs the time stamps; `globals` holds WebGPU's classes. */
function stampPasses(globals: typeof globalThis): void {
  const { beginComputePass } = globals.GPUCommandEncoder.prototype
  globals.GPUCommandEncoder.prototype.beginComputePass = function (this: GPUCommandEncoder, descriptor) {
    if (!stamps) return beginComputePass.call(this, descriptor)
    return stampedPass((own) => beginComputePass.call(this, own), stamps) as unknown as GPUComputePassEncoder
  }
}

/** Nanoseconds of the stamps of `count` dispatches. */
async function readStamps(device: GPUDevice, set: GPUQuerySet, count: number): Promise<BigUint64Array> {
  const size = 16 * count
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
  const mapped = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const encoder = device.createCommandEncoder()
  encoder.resolveQuerySet(set, 0, 2 * count, resolved, 0)
  encoder.copyBufferToBuffer(resolved, 0, mapped, 0, size)
  device.queue.submit([encoder.finish()])
  await mapped.mapAsync(GPUMapMode.READ)
  const times = new BigUint64Array(mapped.getMappedRange().slice(0))
  mapped.destroy()
  resolved.destroy()
  return times
}

function rowsOf(labels: readonly string[], times: BigUint64Array): ProfileRow[] {
  const sums = new Map<string, { dispatches: number; milliseconds: number }>()
  for (const [n, label] of labels.entries()) {
    const sum = sums.get(label) ?? { dispatches: 0, milliseconds: 0 }
    sum.dispatches++
    sum.milliseconds += Number(times[2 * n + 1] - times[2 * n]) / 1e6
    sums.set(label, sum)
  }
  return [...sums].map(([program, sum]) => ({ program, ...sum })).sort((a, b) => b.milliseconds - a.milliseconds)
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]

/** Throws DeviceError where the adapter has no time stamps. */
export async function benchProfile(
  { steps, eager, ...options }: BenchOptions & { readonly steps: number; readonly eager: boolean },
  webgpu: GPU,
  say: (line: string) => void,
): Promise<ProfileResult> {
  stampPasses(globalThis)
  const gpu = await openGpu(webgpu)
  if (!gpu.device.features.has('timestamp-query'))
    throw new DeviceError('no-adapter', `${gpu.adapter.name} has no time stamps (timestamp-query).`)
  const peer = await makeTfjsPeer('lab', { backend: 'webgpu', gpu, eager }, benchCase(options))
  for (let n = 0; n < 2; n++) say(`loss ${await peer.step()}`)
  const times: number[] = []
  for (let n = 0; n < steps; n++) {
    const began = performance.now()
    await peer.step()
    times.push(performance.now() - began)
  }
  say(`milliseconds per step: ${times.map((time) => time.toFixed(1)).join(' ')}`)
  stamps = { set: gpu.device.createQuerySet({ type: 'timestamp', count: 2 * most }), labels: [] }
  const { set, labels } = stamps
  await peer.step()
  stamps = null
  const rows = rowsOf(labels, await readStamps(gpu.device, set, labels.length))
  set.destroy()
  peer.dispose()
  return { adapter: gpu.adapter.name, case: options, millisecondsPerStep: median(times), rows }
}
