/**
 * Finds the bindings that a compute pipeline may write. WebGPU has no such query, so the WGSL code is searched when a pipeline
 * is made: a storage buffer that is declared `read_write` counts as written.
 */

const writtenBy = new WeakMap<GPUComputePipeline, ReadonlySet<number>>()
const codeOf = new WeakMap<GPUShaderModule, string>()

const declaration = /@binding\(\s*(\d+)\s*\)\s*(?:@group\(\s*\d+\s*\)\s*)?var\s*<\s*storage\s*,\s*read_write\s*>/g

/** The numbers of the bindings that WGSL code declares as `read_write`. */
const writtenBindings = (code: string): ReadonlySet<number> =>
  new Set([...code.matchAll(declaration)].map(([, binding]) => Number(binding)))

/** Records the written bindings of every pipeline that `device` makes from now on. */
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
    writtenBy.set(pipeline, writtenBindings(codeOf.get(descriptor.compute.module) ?? ''))
    return pipeline
  }
}

/** Records the written bindings of one pipeline, or of a placeholder for it. */
export const noteWritten = (pipeline: GPUComputePipeline, written: ReadonlySet<number>): void =>
  void writtenBy.set(pipeline, written)

/** The bindings that a pipeline writes. Throws for a pipeline of a device without `noteBindings`. */
export function bindingsWritten(pipeline: GPUComputePipeline): ReadonlySet<number> {
  const written = writtenBy.get(pipeline)
  if (!written) throw new Error(`unknown pipeline: ${pipeline.label || 'unnamed'} (made before noteBindings)`)
  return written
}
