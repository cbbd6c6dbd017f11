/** Stands in for a GPU device: every call that tfjs makes goes to a recorder, and no memory is allocated. */
import { bindingUseOf } from '../bindings.ts'
import { addBuffer, addDispatch, copyBytes, fillBuffer, numberOf, type Recorder } from './record.ts'

interface VirtualBindGroup {
  readonly layout: GPUBindGroupLayout
  readonly entries: readonly { binding: number; buffer: GPUBuffer; offset: number; size: number }[]
}

function bytesOf(data: AllowSharedBufferSource, from = 0, size?: number): Uint8Array<ArrayBuffer> {
  const isView = ArrayBuffer.isView(data)
  const scale = isView && 'BYTES_PER_ELEMENT' in data ? (data as Uint8Array).BYTES_PER_ELEMENT : 1
  const whole = isView ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
  return Uint8Array.from(whole.subarray(from * scale, size === undefined ? undefined : (from + size) * scale))
}

/** Refuses every property that is not in `known`: it cannot be replayed. */
const refusing = <T extends object>({ refuse }: Recorder, known: T): T =>
  new Proxy(known, {
    get: (target, key) =>
      key in target ? target[key as keyof T] : refuse(`it uses ${String(key)}, which cannot be recorded`),
  })

function createBuffer(recorder: Recorder, { size, usage, mappedAtCreation = false }: GPUBufferDescriptor): GPUBuffer {
  let range: ArrayBuffer | null = null
  let mapState: GPUBufferMapState = mappedAtCreation ? 'mapped' : 'unmapped'
  const number = addBuffer(recorder, { size, usage, real: null, contents: null })
  const buffer: GPUBuffer = Object.create(GPUBuffer.prototype, {
    size: { value: size },
    usage: { value: usage },
    label: { value: '' },
    mapState: { get: () => mapState },
    getMappedRange: {
      value: () => {
        range = new ArrayBuffer(size)
        return range
      },
    },
    unmap: {
      value: () => {
        mapState = 'unmapped'
        if (range) fillBuffer(recorder, number, 0, new Uint8Array(range))
        range = null
      },
    },
    mapAsync: { value: () => recorder.refuse('it reads values back') },
    destroy: { value: () => {} },
  })
  recorder.numbers.set(buffer, number)
  return buffer
}

function createBindGroup({ refuse }: Recorder, { layout, entries }: GPUBindGroupDescriptor): GPUBindGroup {
  const group: VirtualBindGroup = {
    layout: layout as GPUBindGroupLayout,
    entries: [...entries].map(({ binding, resource }) => {
      const bound = resource instanceof GPUBuffer ? { buffer: resource } : (resource as GPUBufferBinding)
      if (!(bound.buffer instanceof GPUBuffer)) refuse('it binds a resource that is not a buffer')
      const { buffer, offset = 0, size = buffer.size - offset } = bound
      return { binding, buffer, offset, size }
    }),
  }
  return group as unknown as GPUBindGroup
}

function beginComputePass(recorder: Recorder): GPUComputePassEncoder {
  let pipeline: GPUComputePipeline
  let group: VirtualBindGroup
  const pass = {
    setPipeline: (next: GPUComputePipeline) => {
      pipeline = next
    },
    setBindGroup: (_: number, next: GPUBindGroup) => {
      group = next as unknown as VirtualBindGroup
    },
    dispatchWorkgroups: (x: number, y = 1, z = 1) => {
      const use = bindingUseOf(pipeline)
      const bindings = group.entries.map(({ buffer, ...entry }) => {
        const written = use.written.has(entry.binding)
        const reads = use.reads.get(entry.binding) ?? (written ? 0 : 1)
        return { ...entry, buffer: numberOf(recorder, buffer), written, reads }
      })
      addDispatch(recorder, { pipeline, layout: group.layout, bindings, workgroups: [x, y, z] })
    },
    end: () => {},
  }
  return refusing(recorder, pass as unknown as GPUComputePassEncoder)
}

const createCommandEncoder = (recorder: Recorder): GPUCommandEncoder =>
  refusing(recorder, {
    beginComputePass: () => beginComputePass(recorder),
    copyBufferToBuffer: (from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, size: number) =>
      copyBytes(recorder, numberOf(recorder, from), fromOffset, numberOf(recorder, to), toOffset, size),
    finish: () => ({}),
  } as unknown as GPUCommandEncoder)

const createQueue = (recorder: Recorder): GPUQueue =>
  refusing(recorder, {
    submit: () => {},
    writeBuffer: (buffer: GPUBuffer, offset: number, data: AllowSharedBufferSource, from?: number, size?: number) =>
      fillBuffer(recorder, numberOf(recorder, buffer), offset, bytesOf(data, from, size)),
  } as unknown as GPUQueue)

/** A device that records. Pipelines and shader modules are made on the real device. */
export function recordingDevice(recorder: Recorder): GPUDevice {
  const { real } = recorder
  return refusing(recorder, {
    queue: createQueue(recorder),
    limits: real.limits,
    features: real.features,
    lost: real.lost,
    createBuffer: (descriptor: GPUBufferDescriptor) => createBuffer(recorder, descriptor),
    createBindGroup: (descriptor: GPUBindGroupDescriptor) => createBindGroup(recorder, descriptor),
    createCommandEncoder: () => createCommandEncoder(recorder),
    createShaderModule: (descriptor: GPUShaderModuleDescriptor) => real.createShaderModule(descriptor),
    createComputePipeline: (descriptor: GPUComputePipelineDescriptor) => real.createComputePipeline(descriptor),
  } as unknown as GPUDevice)
}
