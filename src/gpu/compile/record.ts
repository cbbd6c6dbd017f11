/**
 * A device that does nothing but take note: buffers have a size and no memory, commands go to a list. What a step asks
 * of the GPU is known afterwards, without the GPU having done or held any of it.
 */
import { bindingsWritten } from '../bindings.ts'

/** Why a step cannot be compiled. */
export class CompileRefusal extends Error {
  override name = 'CompileRefusal'
  constructor(
    /** The operation that cannot be replayed. */
    readonly operation: string,
    reason: string,
    /** Whether the step is as it was; where not, it cannot go on uncompiled either. */
    readonly intact = true,
  ) {
    super(`cannot compile ${operation}: ${reason}`)
  }
}

/** A buffer of a recording; its number is its place in the list. */
export interface RecordedBuffer {
  readonly size: number
  readonly usage: number
  /** The buffer on the GPU that was there before the trace; null for one that the step made. */
  readonly real: GPUBuffer | null
  /** What JavaScript put into it before any command used it. */
  contents: Uint8Array<ArrayBuffer> | null
}

export interface RecordedBinding {
  readonly binding: number
  readonly buffer: number
  readonly offset: number
  readonly size: number
  readonly written: boolean
}

export interface Dispatch {
  readonly kind: 'dispatch'
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
  readonly bindings: readonly RecordedBinding[]
  readonly workgroups: readonly [number, number, number]
}

export interface Copy {
  readonly kind: 'copy'
  readonly from: number
  readonly fromOffset: number
  readonly to: number
  readonly toOffset: number
  readonly size: number
}

export type Command = Dispatch | Copy

export interface Recording {
  readonly buffers: readonly RecordedBuffer[]
  readonly commands: readonly Command[]
}

export interface Recorder {
  /** Stands in for a device. */
  readonly device: GPUDevice
  /** The number of a buffer, real or not, in the recording. */
  readonly numberOf: (buffer: GPUBuffer) => number
  /** Whether a command has written the buffer, and the step made it. */
  readonly isComputed: (buffer: number) => boolean
  /** A copy of a whole buffer, as it is after the commands so far. */
  readonly copied: (from: number) => number
  readonly recording: () => Recording
}

interface VirtualBindGroup {
  readonly layout: GPUBindGroupLayout
  readonly entries: readonly { binding: number; buffer: GPUBuffer; offset: number; size: number }[]
}

const bytesOf = (data: AllowSharedBufferSource, from = 0, size?: number): Uint8Array<ArrayBuffer> => {
  const isView = ArrayBuffer.isView(data)
  const scale = isView && 'BYTES_PER_ELEMENT' in data ? (data as Uint8Array).BYTES_PER_ELEMENT : 1
  const whole = isView ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
  return Uint8Array.from(whole.subarray(from * scale, size === undefined ? undefined : (from + size) * scale))
}

/** A recorder beside a device; pipelines are made there. `refuse` throws and says in whose name. */
export function createRecorder(real: GPUDevice, refuse: (reason: string) => never): Recorder {
  const buffers: RecordedBuffer[] = []
  const numbers = new WeakMap<GPUBuffer, number>()
  const mapped = new WeakMap<GPUBuffer, ArrayBuffer>()
  const commands: Command[] = []
  /** Buffers that some command has used already: later words from JavaScript reach them in the order of the commands. */
  const used = new Set<number>()
  const written = new Set<number>()

  function command(next: Command): void {
    commands.push(next)
    const touched =
      next.kind === 'copy'
        ? [
            { buffer: next.from, written: false },
            { buffer: next.to, written: true },
          ]
        : next.bindings
    for (const { buffer, written: isWritten } of touched) {
      used.add(buffer)
      if (isWritten) written.add(buffer)
    }
  }

  const add = (record: RecordedBuffer): number => buffers.push(record) - 1

  function numberOf(buffer: GPUBuffer): number {
    const known = numbers.get(buffer)
    if (known !== undefined) return known
    const number = add({ size: buffer.size, usage: buffer.usage, real: buffer, contents: null })
    numbers.set(buffer, number)
    return number
  }

  /** Values from JavaScript: a buffer's first contents, or a copy from a constant among the commands. */
  function fill(number: number, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
    const record = buffers[number]
    if (record.real) refuse('it writes from JavaScript to a buffer from outside of the step')
    if (!used.has(number)) {
      record.contents ??= new Uint8Array(record.size)
      record.contents.set(bytes, offset)
      return
    }
    const constant = add({ size: bytes.length, usage: record.usage, real: null, contents: bytes })
    copyBytes(constant, 0, number, offset, bytes.length)
  }

  function copyBytes(from: number, fromOffset: number, to: number, toOffset: number, size: number): void {
    const source = buffers[from].contents
    if (source && !used.has(from) && !used.has(to) && !buffers[to].real) {
      fill(to, toOffset, source.slice(fromOffset, fromOffset + size))
      return
    }
    command({ kind: 'copy', from, fromOffset, to, toOffset, size })
  }

  function createBuffer({ size, usage, mappedAtCreation = false }: GPUBufferDescriptor): GPUBuffer {
    let mapState: GPUBufferMapState = mappedAtCreation ? 'mapped' : 'unmapped'
    const buffer: GPUBuffer = Object.create(GPUBuffer.prototype, {
      size: { value: size },
      usage: { value: usage },
      label: { value: '' },
      mapState: { get: () => mapState },
      getMappedRange: {
        value: () => {
          const range = new ArrayBuffer(size)
          mapped.set(buffer, range)
          return range
        },
      },
      unmap: {
        value: () => {
          mapState = 'unmapped'
          const range = mapped.get(buffer)
          if (range) fill(numberOf(buffer), 0, new Uint8Array(range))
          mapped.delete(buffer)
        },
      },
      mapAsync: { value: () => refuse('it reads values back') },
      destroy: { value: () => {} },
    })
    numbers.set(buffer, add({ size, usage, real: null, contents: null }))
    return buffer
  }

  function createBindGroup({ layout, entries }: GPUBindGroupDescriptor): GPUBindGroup {
    const group: VirtualBindGroup = {
      layout: layout as GPUBindGroupLayout,
      entries: [...entries].map(({ binding, resource }) => {
        const bound = resource instanceof GPUBuffer ? { buffer: resource } : (resource as GPUBufferBinding)
        if (!(bound.buffer instanceof GPUBuffer)) refuse('it binds something else than a buffer')
        const { buffer, offset = 0, size = buffer.size - offset } = bound
        return { binding, buffer, offset, size }
      }),
    }
    return group as unknown as GPUBindGroup
  }

  function beginComputePass(): GPUComputePassEncoder {
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
        const isWritten = bindingsWritten(pipeline)
        const bindings = group.entries.map(({ buffer, ...entry }) => ({
          ...entry,
          buffer: numberOf(buffer),
          written: isWritten.has(entry.binding),
        }))
        command({ kind: 'dispatch', pipeline, layout: group.layout, bindings, workgroups: [x, y, z] })
      },
      end: () => {},
    }
    return refusing(pass as unknown as GPUComputePassEncoder)
  }

  const createCommandEncoder = (): GPUCommandEncoder =>
    refusing({
      beginComputePass,
      copyBufferToBuffer: (from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, size: number) =>
        copyBytes(numberOf(from), fromOffset, numberOf(to), toOffset, size),
      finish: () => ({}),
    } as unknown as GPUCommandEncoder)

  const queue = refusing({
    submit: () => {},
    writeBuffer: (buffer: GPUBuffer, offset: number, data: AllowSharedBufferSource, from?: number, size?: number) =>
      fill(numberOf(buffer), offset, bytesOf(data, from, size)),
  } as unknown as GPUQueue)

  /** What is not spelled out cannot be replayed. */
  function refusing<T extends object>(known: T): T {
    return new Proxy(known, {
      get: (target, key) =>
        key in target ? target[key as keyof T] : refuse(`it uses ${String(key)}, which has no place in a recording`),
    })
  }

  const device = refusing({
    queue,
    limits: real.limits,
    features: real.features,
    lost: real.lost,
    createBuffer,
    createBindGroup,
    createCommandEncoder,
    createShaderModule: (descriptor: GPUShaderModuleDescriptor) => real.createShaderModule(descriptor),
    createComputePipeline: (descriptor: GPUComputePipelineDescriptor) => real.createComputePipeline(descriptor),
  } as unknown as GPUDevice)

  return {
    device,
    numberOf,
    isComputed: (number) => !buffers[number].real && written.has(number),
    copied: (from) => {
      const { size, usage } = buffers[from]
      const to = add({ size, usage, real: null, contents: null })
      command({ kind: 'copy', from, fromOffset: 0, to, toOffset: 0, size })
      return to
    },
    recording: () => ({ buffers, commands }),
  }
}
