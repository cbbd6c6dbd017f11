/** Runs a tfjs step once on a recording device, and finds the buffers of its inputs, state and outputs. */
import * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { DispatchFacts } from '../tracing-backend.ts'
import { accessOf, type Recording } from './command.ts'
import { copyOf, createRecorder, expectDispatch, isComputed, numberOf, type Recorder } from './record.ts'
import { recordingDevice } from './recording-device.ts'
import { CompileRefusal } from './refusal.ts'

export type Tensors = Readonly<Record<string, tf.Tensor>>
export type Step = (inputs: Tensors) => Tensors

export interface Output {
  readonly name: string
  readonly shape: number[]
  readonly dtype: 'float32' | 'int32'
  /** The buffer that holds it at the end. The step made this buffer, and no other output uses it. */
  readonly buffer: number
}

export interface Trace extends Recording {
  readonly outputs: readonly Output[]
  /** Buffers of the declared inputs and state. */
  readonly declared: ReadonlySet<number>
  /** The variables that the step assigns to: the buffer of the new value and the variable's buffer. */
  readonly assigned: readonly { readonly from: number; readonly to: number }[]
  /** Other data from outside that the step reads; it must live as long as the step. */
  readonly captured: readonly object[]
}

type Refuse = (reason: string) => never

/** Runs `work`; its argument returns the name of the innermost tfjs kernel that is running. */
function watchingKernels<T>(work: (current: () => string) => T): T {
  const engine = tf.engine()
  const { runKernel } = engine
  const running: string[] = []
  const watched = (...args: Parameters<typeof runKernel>) => {
    running.push(args[0])
    try {
      return runKernel.apply(engine, args)
    } finally {
      running.pop()
    }
  }
  engine.runKernel = watched as typeof runKernel
  try {
    return work(() => running.at(-1) ?? 'the step itself')
  } finally {
    engine.runKernel = runKernel
  }
}

/** Refuses random numbers: every replay would repeat those of the trace. */
function withoutChance<T>(refuse: Refuse, work: () => T): T {
  const { random } = Math
  Math.random = () => refuse('it draws random numbers without a seed')
  try {
    return work()
  } finally {
    Math.random = random
  }
}

/** All variables of a backend. */
const variablesOn = (backend: LabBackend): tf.Variable[] =>
  Object.values(tf.engine().registeredVariables).filter(({ dataId }) => backend.holds(dataId))

/** Gives every output its own buffer: one that is state, an input, a constant or another output is copied. */
export function outputsOf(backend: LabBackend, recorder: Recorder, tensors: Tensors): Output[] {
  const taken = new Set<number>()
  return Object.entries(tensors).map(([name, tensor]) => {
    const { dtype, shape } = tensor
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new CompileRefusal('the step itself', `its output ${name} is of type ${dtype}`)
    }
    const found = numberOf(recorder, backend.bufferOf(tensor))
    const buffer = isComputed(recorder, found) && !taken.has(found) ? found : copyOf(recorder, found)
    taken.add(buffer)
    return { name, shape, dtype, buffer }
  })
}

/** Runs `work`, then restores every variable, whatever the step has done to it. */
function keepingVariables<T>(
  backend: LabBackend,
  originals: ReadonlyMap<tf.Variable, tf.Tensor>,
  refuse: Refuse,
  work: () => T,
): T {
  try {
    const result = work()
    const now = new Set(variablesOn(backend))
    const made = [...now].find((variable) => !originals.has(variable))
    if (made) {
      throw new CompileRefusal(
        'the step itself',
        `it makes the variable ${made.name}; take one step before compiling, and declare it as state`,
        false,
      )
    }
    const gone = [...originals.keys()].find((variable) => !now.has(variable))
    if (gone) refuse(`it disposes the variable ${gone.name}`)
    return result
  } finally {
    for (const variable of variablesOn(backend)) if (!originals.has(variable)) variable.dispose()
    for (const [variable, original] of originals) {
      if (!variable.isDisposed && variable.dataId !== original.dataId) variable.assign(original)
    }
  }
}

/** Refuses state that shares a buffer with another variable, as after `a.assign(b)`: both would change together. */
function checkApart(backend: LabBackend, state: ReadonlySet<tf.Variable>): void {
  const holders = new Map<object, tf.Variable>()
  for (const variable of variablesOn(backend)) {
    const other = holders.get(variable.dataId)
    if (other && (state.has(other) || state.has(variable))) {
      throw new CompileRefusal('the step itself', `the variables ${other.name} and ${variable.name} share their values`)
    }
    holders.set(variable.dataId, variable)
  }
}

/** The buffers of variables' new values. A value in the buffer of a variable is copied, because that may change, too. */
function assignedIn(
  backend: LabBackend,
  recorder: Recorder,
  originals: ReadonlyMap<tf.Variable, tf.Tensor>,
  state: ReadonlySet<tf.Variable>,
  refuse: Refuse,
): { from: number; to: number }[] {
  const changed = [...originals].filter(([variable, original]) => variable.dataId !== original.dataId)
  return changed.map(([variable, original]) => {
    if (!state.has(variable)) refuse(`it assigns to the variable ${variable.name}, which is not declared as state`)
    const value = numberOf(recorder, backend.bufferOf(variable))
    const to = numberOf(recorder, backend.bufferOf(original))
    return { from: isComputed(recorder, value) ? value : copyOf(recorder, value), to }
  })
}

/**
 * Traces `step`. The trace computes nothing, changes no variable and allocates no GPU memory, whatever the step's size. Throws
 * CompileRefusal, naming the operation, when the step depends on values rather than on shapes, or changes data that is not
 * declared as state.
 */
export function traceStep(backend: LabBackend, step: Step, inputs: Tensors, state: readonly tf.Variable[]): Trace {
  const changing = new Set(state)
  checkApart(backend, changing)
  const declaredTensors = [...Object.values(inputs), ...state]
  const variables = variablesOn(backend)
  for (const tensor of [...declaredTensors, ...variables]) backend.bufferOf(tensor)
  const originals = new Map(variables.map((variable) => [variable, tf.keep(variable.clone())]))
  try {
    return watchingKernels((current) => {
      let refusal: CompileRefusal | null = null
      const refuse: Refuse = (reason) => {
        // Stored, because a step may swallow the exception or leave it in a promise.
        refusal ??= new CompileRefusal(current(), reason)
        throw refusal
      }
      const recorder = createRecorder(backend.real, refuse)
      const known = new Set(declaredTensors.map(({ dataId }) => dataId))
      const captured = new Set<object>()
      const tracer = {
        device: recordingDevice(recorder),
        captured: (dataId: object) => void (known.has(dataId) || captured.add(dataId)),
        computes: (facts: DispatchFacts) => expectDispatch(recorder, facts),
        refuse,
      }
      const declared = new Set(declaredTensors.map((tensor) => numberOf(recorder, backend.bufferOf(tensor))))
      const stepOnce = () =>
        tf.tidy(() => {
          const own = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.clone()]))
          const outputs = outputsOf(backend, recorder, step(own))
          const assigned = assignedIn(backend, recorder, originals, changing, refuse)
          return { outputs, assigned } as unknown as tf.TensorContainerObject
        })
      const traced = backend.tracing(tracer, () =>
        withoutChance(refuse, () => keepingVariables(backend, originals, refuse, stepOnce)),
      ) as unknown as Pick<Trace, 'outputs' | 'assigned'>
      if (refusal) throw refusal
      const { buffers, commands } = recorder
      checkWrites({ buffers, commands }, declared)
      return { buffers, commands, ...traced, declared, captured: [...captured] }
    })
  } finally {
    for (const original of originals.values()) original.dispose()
  }
}

/** Refuses commands that write to data from outside that is not declared. */
function checkWrites({ buffers, commands }: Recording, declared: ReadonlySet<number>): void {
  for (const command of commands) {
    if (accessOf(command).writes.every((b) => !buffers[b].real || declared.has(b))) continue
    const name = command.kind === 'copy' ? 'a copy' : command.pipeline.label || 'a program'
    throw new CompileRefusal(name, 'it writes to a tensor that is not declared as state')
  }
}
