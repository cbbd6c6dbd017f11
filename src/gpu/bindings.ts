/**
 * Finds the bindings that a compute pipeline may write, and what its workgroups need. WebGPU has no such queries, so the WGSL
 * code is searched when a pipeline is made: a storage buffer that is declared `read_write` counts as written.
 */

/** What a pipeline demands of a workgroup. */
export interface WorkgroupNeeds {
  readonly threads: number
  /** Bytes of workgroup memory. */
  readonly bytes: number
}

/** How a program uses its bindings. */
export interface BindingUse {
  /** Numbers of the bindings that it writes. */
  readonly written: ReadonlySet<number>
  /** How many times it reads the whole of a binding. By default it reads inputs once and outputs never. */
  readonly reads: ReadonlyMap<number, number>
  /** Whether it adds bindings 1 and 2, and binding 0 gets their sum. */
  readonly addition: boolean
  /** Whether a variant of it adds a buffer to its one output, which is binding 0. */
  readonly extensible: boolean
  /** Whether a variant of it also writes the moments of its one output, which is binding 0. */
  readonly withMoments: boolean
  /** Whether binding 0 gets the moments of binding 1. */
  readonly moments: boolean
  /** Whether it is cheap and has one output, which depends on its inputs alone. */
  readonly recomputable: boolean
}

interface PipelineFacts extends WorkgroupNeeds, BindingUse {}

const facts = new WeakMap<GPUComputePipeline, PipelineFacts>()
const codeOf = new WeakMap<GPUShaderModule, string>()

const declaration = /@binding\(\s*(\d+)\s*\)\s*(?:@group\(\s*\d+\s*\)\s*)?var\s*<\s*storage\s*,\s*read_write\s*>/g

/** The numbers of the bindings that WGSL code declares as `read_write`. */
const writtenBindings = (code: string): ReadonlySet<number> =>
  new Set([...code.matchAll(declaration)].map(([, binding]) => Number(binding)))

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1)

/** The threads and the workgroup memory of WGSL code whose sizes are numbers. */
function workgroupNeeds(code: string): WorkgroupNeeds {
  const [, sizes = '1'] = /@workgroup_size\(([^)]*)\)/.exec(code) ?? []
  const shared = [...code.matchAll(/var<workgroup>\s*\w+\s*:\s*([^;]+);/g)].map(([, type]) => {
    const counts = [...type.matchAll(/,\s*(\d+)u?\s*>/g)].map(([, count]) => Number(count))
    return (/vec4/.test(type) ? 16 : 4) * product(counts)
  })
  return {
    threads: product(sizes.split(',').flatMap((size) => Number.parseInt(size, 10) || [])),
    bytes: shared.reduce((a, b) => a + b, 0),
  }
}

/** Records the facts of every pipeline that `device` makes from now on. */
export function noteBindings(device: GPUDevice): void {
  const createShaderModule = device.createShaderModule.bind(device)
  device.createShaderModule = (descriptor) => {
    const module = createShaderModule(descriptor)
    codeOf.set(module, descriptor.code)
    return module
  }
  const createComputePipeline = device.createComputePipeline.bind(device)
  device.createComputePipeline = (descriptor) => {
    const pipeline = createComputePipeline(descriptor)
    const code = codeOf.get(descriptor.compute.module) ?? ''
    facts.set(pipeline, {
      written: writtenBindings(code),
      reads: new Map(),
      addition: false,
      extensible: false,
      withMoments: false,
      moments: false,
      recomputable: false,
      ...workgroupNeeds(code),
    })
    return pipeline
  }
}

/** Records the facts of a placeholder for a pipeline: the use of its bindings, and its code. */
export const notePlaceholder = (pipeline: GPUComputePipeline, use: BindingUse, code: string): void =>
  void facts.set(pipeline, { ...use, ...workgroupNeeds(code) })

function factsOf(pipeline: GPUComputePipeline): PipelineFacts {
  const known = facts.get(pipeline)
  if (!known) throw new Error(`unknown pipeline: ${pipeline.label || 'unnamed'} (made before noteBindings)`)
  return known
}

/** How a pipeline uses its bindings. Throws for a pipeline of a device without `noteBindings`. */
export const bindingUseOf = (pipeline: GPUComputePipeline): BindingUse => factsOf(pipeline)

/** What a pipeline demands of a workgroup. Throws for a pipeline of a device without `noteBindings`. */
export const needsOf = (pipeline: GPUComputePipeline): WorkgroupNeeds => factsOf(pipeline)
