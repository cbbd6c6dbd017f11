/** Pipelines and uniform buffers of compute programs on one device, each made once. */
import { type BindingUse, notePlaceholder } from './bindings.ts'
import { bufferNames, type Program, wgslOf } from './program.ts'

/** A pipeline with the layout of its bind group. */
export interface ProgramPipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** Most uniform buffers in the cache; a network has few shapes. */
const mostUniforms = 4096

export interface Pipelines {
  readonly device: GPUDevice
  /** By the program's key. */
  readonly compiled: Map<string, ProgramPipeline>
  /** Keys of programs whose compilation has reported no error. A pipeline made without waiting may be invalid. */
  readonly proven: Set<string>
  /** Pipelines that are being created in the background, by the program's key. */
  readonly compiling: Map<string, Promise<void>>
  /** Placeholders that traces record, by the program's key. */
  readonly placeholders: Map<string, ProgramPipeline>
  readonly programs: WeakMap<GPUComputePipeline, Program>
  /** By types and values, so that a training step uploads none. */
  readonly uniforms: Map<string, GPUBuffer>
}

export const createPipelines = (device: GPUDevice): Pipelines => ({
  device,
  compiled: new Map(),
  proven: new Set(),
  compiling: new Map(),
  placeholders: new Map(),
  programs: new WeakMap(),
  uniforms: new Map(),
})

/** Forgets uniform buffers, and pipelines that may be invalid; later uses make them again. */
export function clearPipelines({ compiled, proven, uniforms }: Pipelines): void {
  for (const key of compiled.keys()) if (!proven.has(key)) compiled.delete(key)
  uniforms.clear()
}

/** The compiled pipeline of a program. */
export function compiledPipeline({ device, compiled }: Pipelines, program: Program): ProgramPipeline {
  const known = compiled.get(program.key)
  if (known) return known
  const module = device.createShaderModule({ label: program.key, code: wgslOf(program) })
  const pipeline = device.createComputePipeline({ label: program.key, layout: 'auto', compute: { module } })
  const made = { pipeline, layout: pipeline.getBindGroupLayout(0) }
  compiled.set(program.key, made)
  return made
}

async function compile({ device, compiled, proven }: Pipelines, program: Program): Promise<void> {
  const { key: label } = program
  // An error of the module is also the error of its pipeline, which rejects below.
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label, code: wgslOf(program) })
  device.popErrorScope().catch(() => {})
  const pipeline = await device.createComputePipelineAsync({ label, layout: 'auto', compute: { module } })
  compiled.set(label, { pipeline, layout: pipeline.getBindGroupLayout(0) })
  proven.add(label)
}

/** Compiles a program without blocking the thread. Rejects with GPUPipelineError; the device gets no failure. */
export function compileInBackground(pipelines: Pipelines, program: Program): Promise<void> {
  const { compiled, compiling } = pipelines
  if (compiled.has(program.key)) return Promise.resolve()
  const known = compiling.get(program.key)
  if (known) return known
  const made = compile(pipelines, program).finally(() => compiling.delete(program.key))
  compiling.set(program.key, made)
  return made
}

/** The programs of recorded pipelines that are not compiled yet, each once. */
export function missingPrograms({ programs, compiled }: Pipelines, recorded: Iterable<ProgramPipeline>): Program[] {
  const missing = new Map<string, Program>()
  for (const { pipeline } of recorded) {
    const program = programs.get(pipeline)
    if (program && !compiled.has(program.key)) missing.set(program.key, program)
  }
  return [...missing.values()]
}

function bindingUse(program: Program): BindingUse {
  const { outputs, reads = {}, addition = false, moments = false, recomputable = false } = program
  const names = bufferNames(program)
  const wrong = Object.keys(reads).find((name) => !names.includes(name))
  if (wrong !== undefined) throw new Error(`no buffer ${wrong} (have ${names.join(', ')})`)
  return {
    written: new Set(Object.keys(outputs).keys()),
    reads: new Map(Object.entries(reads).map(([name, count]) => [names.indexOf(name), count])),
    addition,
    extensible: program.plus !== undefined,
    withMoments: program.withMoments !== undefined,
    moments,
    recomputable,
  }
}

/** A placeholder for a program: a trace needs to know how it uses its bindings, not its machine code. */
export function placeholderPipeline({ placeholders, programs }: Pipelines, program: Program): ProgramPipeline {
  const known = placeholders.get(program.key)
  if (known) return known
  const made = { pipeline: { label: program.key } as GPUComputePipeline, layout: {} as GPUBindGroupLayout }
  notePlaceholder(made.pipeline, bindingUse(program), program.code)
  programs.set(made.pipeline, program)
  placeholders.set(program.key, made)
  return made
}

/** A program that adds a buffer to the result of another one. */
export interface ExtendedPipeline extends ProgramPipeline {
  /** The number of the buffer's binding; it pushes the uniforms back by one. */
  readonly addend: number
}

/** A placeholder for the program that adds a buffer to the result of a traced one. Throws Error where there is none. */
export function extendedPipeline(pipelines: Pipelines, traced: ProgramPipeline): ExtendedPipeline {
  const extended = pipelines.programs.get(traced.pipeline)?.plus?.()
  if (!extended) throw new Error(`no program adds a buffer to the result of ${traced.pipeline.label}`)
  return { ...placeholderPipeline(pipelines, extended), addend: bufferNames(extended).indexOf('addend') }
}

/** A placeholder for the program that also writes the moments of a traced one's result. Throws Error where there is none. */
export function momentsPipeline(pipelines: Pipelines, traced: ProgramPipeline): ProgramPipeline {
  const program = pipelines.programs.get(traced.pipeline)?.withMoments?.()
  if (!program) throw new Error(`no program writes the moments of the result of ${traced.pipeline.label}`)
  return placeholderPipeline(pipelines, program)
}

/** The pipeline to run in place of a recorded one: compiles the program of a placeholder; others are returned unchanged. */
export function runnablePipeline(pipelines: Pipelines, recorded: ProgramPipeline): ProgramPipeline {
  const program = pipelines.programs.get(recorded.pipeline)
  return program ? compiledPipeline(pipelines, program) : recorded
}

/** The largest values of integer types: a larger one would become another number. */
const largest: Readonly<Record<string, number>> = { i32: 2 ** 31 - 1, u32: 2 ** 32 - 1 }

function packed(types: readonly string[], values: readonly number[]): ArrayBuffer {
  const data = new DataView(new ArrayBuffer(Math.max(16, 4 * values.length)))
  for (const [i, value] of values.entries()) {
    const most = largest[types[i]]
    if (value > most)
      throw new RangeError(`a size of ${value} does not fit ${types[i]} (at most ${most}): use a smaller micro-batch`)
  }
  for (const [i, value] of values.entries()) {
    if (types[i] === 'f32') data.setFloat32(4 * i, value, true)
    else if (types[i] === 'i32') data.setInt32(4 * i, value, true)
    else data.setUint32(4 * i, value, true)
  }
  return data.buffer
}

/** Values in the order of the program's declaration. Throws for a name that only one side has. */
function inOrder({ key, uniforms }: Program, values: Readonly<Record<string, number>>): number[] {
  const names = Object.keys(uniforms)
  const wrong =
    names.find((name) => values[name] === undefined) ?? Object.keys(values).find((name) => !(name in uniforms))
  if (wrong === undefined) return names.map((name) => values[name])
  const fault = wrong in uniforms ? `uniform ${wrong} has no value` : `no uniform ${wrong}`
  throw new Error(`${fault} (program ${key} has ${names.join(', ') || 'none'})`)
}

/** The uniform buffer with these values; `onUpload` is called with its bytes when it is new. Throws for a wrong name. */
export function uniformBuffer(
  { device, uniforms }: Pipelines,
  program: Program,
  named: Readonly<Record<string, number>>,
  onUpload: (bytes: number) => void,
): GPUBuffer {
  const types = Object.values(program.uniforms)
  const values = inOrder(program, named)
  const key = `${types.join()}:${values.join()}`
  const known = uniforms.get(key)
  if (known) return known
  const data = packed(types, values)
  const buffer = device.createBuffer({ size: data.byteLength, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST })
  device.queue.writeBuffer(buffer, 0, data)
  onUpload(data.byteLength)
  // Dropped, not destroyed: recorded commands may still use them.
  if (uniforms.size >= mostUniforms) uniforms.clear()
  uniforms.set(key, buffer)
  return buffer
}
