/**
 * A model of a training step's time on a GPU that is not there, from the commands of the planned step. docs/performance.md says what
 * it can tell.
 */
import * as tf from '@tensorflow/tfjs'
import { openGpu } from '../src/gpu/backend.ts'
import { planCommands } from '../src/gpu/compile/compile.ts'
import type { PlannedCommand } from '../src/gpu/compile/planned.ts'
import { createChoices, type KernelChoices, rankedVariants, withChoices, workKey } from '../src/gpu/kernels/choose.ts'
import { operations } from '../src/gpu/kernels/conv/geometry.ts'
import { schemeName, variantName } from '../src/gpu/kernels/schemes.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'
import { wgslOf } from '../src/gpu/program.ts'
import { networkGeometries } from '../src/model/geometries.ts'
import type { Architecture } from '../src/model/resnet.ts'
import type { BenchOptions } from './case.ts'
import { families, type Machine, type MachineCode } from './model/assumptions.ts'
import { modelClass } from './model/classes.ts'
import { countsOf } from './model/counts.ts'
import { fingerprint } from './model/fingerprint.mjs'
import { type ModelledTime, timeOf } from './model/time.ts'
import { plannedCase } from './planned.ts'

export interface ModelOptions extends BenchOptions {
  readonly tflops: number
  readonly gbps: number
  readonly code: MachineCode
  /** Names of the schemes that convolutions may have, where one of them can run; null for what the GPU chooses. */
  readonly schemes: readonly string[] | null
  /** Whether the result has the WGSL of the convolutions, to count their machine code, instead of times. */
  readonly wgsl: boolean
}

export interface ModelRow extends ModelledTime {
  readonly program: string
  readonly class: string
  readonly gflop: number
  readonly bytes: number
  readonly workgroups: number
}

export interface ModelResult {
  readonly case: BenchOptions
  readonly machine: Machine
  readonly rows: readonly ModelRow[]
  /** Program → the counted program that stands in for it, because the program's own end was not counted. */
  readonly substitutes: Readonly<Record<string, string>>
  /** Programs whose WGSL has changed since it was counted. */
  readonly changed: readonly string[]
  /** Key → WGSL of each convolution's program. */
  readonly programs: Readonly<Record<string, string>>
}

/** Limits of the GPUs that the model is for. They decide which schemes can run. */
const gpuLimits = { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 32_768 }

/** What a GPU chooses; among `schemes` where one of them can run. */
function choicesOf({ code, schemes, batch, inputSize }: ModelOptions, net: Architecture): KernelChoices {
  const { vendor, architecture } = families[code]
  const adapter = { software: false, vendor, architecture, features: [], limits: gpuLimits }
  if (schemes === null) return createChoices(adapter)
  const named = networkGeometries(net, inputSize, batch, 4).flatMap((g) =>
    operations.flatMap((operation) => {
      const variants = rankedVariants(operation, g, adapter)
      const [variant] = variants.filter(({ scheme }) => schemes.includes(schemeName(scheme)))
      return variant ? [[workKey(operation, g), variantName(variant)]] : []
    }),
  )
  return createChoices(adapter, Object.fromEntries(named))
}

/** The commands of a training step with the kernels of a GPU, in order. */
async function plannedStep(options: ModelOptions, webgpu: GPU): Promise<PlannedCommand[]> {
  await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  const { net, graphOf } = plannedCase(options)
  const graph = graphOf()
  return withChoices(backend, choicesOf(options, net), () => planCommands(graph.step, graph))
}

function rowOf(command: PlannedCommand, machine: Machine): ModelRow {
  const { name, flops, readBytes, writtenBytes, workgroups } = command
  return {
    program: name,
    class: modelClass(name),
    gflop: flops / 1e9,
    bytes: readBytes + writtenBytes,
    workgroups: workgroups.reduce((a, b) => a * b),
    ...timeOf(command, machine, (key) => countsOf(key, machine.code).counts),
  }
}

function substitutesOf(rows: readonly ModelRow[], code: MachineCode): Record<string, string> {
  const keys = [...new Set(rows.flatMap(({ program, share }) => (share === null ? [] : [program])))]
  const pairs = keys.map((key) => [key, countsOf(key, code).key] as const)
  return Object.fromEntries(pairs.filter(([key, counted]) => key !== counted))
}

const convolutionsOf = (commands: readonly PlannedCommand[]): Record<string, string> =>
  Object.fromEntries(
    commands.flatMap(({ name, program }) => (program && name.startsWith('conv-') ? [[name, wgslOf(program)]] : [])),
  )

const changedIn = (programs: Readonly<Record<string, string>>, code: MachineCode): string[] =>
  Object.entries(programs).flatMap(([name, wgsl]) => {
    const { counts, key } = countsOf(name, code)
    return key === name && counts.fingerprint !== fingerprint(wgsl) ? [name] : []
  })

export async function benchModel(
  options: ModelOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<ModelResult> {
  say('planning …')
  const commands = await plannedStep(options, webgpu)
  const { tflops, gbps, code, schemes: _, wgsl, ...shape } = options
  const machine = { flops: tflops * 1e12, bandwidth: gbps * 1e9, code }
  const programs = convolutionsOf(commands)
  const rows = wgsl ? [] : commands.map((command) => rowOf(command, machine))
  return {
    case: shape,
    machine,
    rows,
    substitutes: substitutesOf(rows, code),
    changed: wgsl ? [] : changedIn(programs, code),
    programs: wgsl ? programs : {},
  }
}
