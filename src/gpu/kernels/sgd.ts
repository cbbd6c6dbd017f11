/** SGD with momentum and weight decay, in place. */
import type * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { ElementType, Program } from '../program.ts'
import { lines, times } from './text.ts'
import { elementEntry, elementGroups, vectorFor } from './vectors.ts'

/** A parameter with its momentum buffer and its gradient, all of the same size. */
export interface Parameter {
  readonly weight: tf.Variable
  readonly velocity: tf.Variable
  readonly gradient: tf.Tensor
}

const named = <T>(values: readonly T[], ...names: readonly string[]): Readonly<Record<string, T>> =>
  Object.fromEntries(values.flatMap((value, p) => names.map((name) => [`${name}${p}`, value])))

const updateOf = (p: number): string => `
fn update${p}(i : u32) {
  let v = rates[1] * velocity${p}[i] + (gradient${p}[i] + rates[2] * weight${p}[i]);
  velocity${p}[i] = v;
  weight${p}[i] -= rates[0] * v;
}`

/**
 * The update of parameters with these types of elements; parameter p has those before `end_p`. A thread updates `each` neighboring
 * elements, more than one only of a single parameter.
 */
function program(types: readonly ElementType[], each: number): Program {
  const count = types.length
  const start = (p: number) => (p === 0 ? '0u' : `u.end${p - 1}`)
  const update = (p: number) => lines(each, (k) => `update${p}(${each}u * i + ${k}u - ${start(p)});`)
  const branch = (p: number) => (p === count - 1 ? `{ ${update(p)} }` : `if (i < u.end${p}) { ${update(p)} }`)
  return {
    key: `sgd-${types.map((type) => (type === 'vec4f' ? 4 : 1)).join('-')}${each > 1 ? `x${each}` : ''}`,
    outputs: named(types, 'weight', 'velocity'),
    inputs: { ...named(types, 'gradient'), rates: 'f32' },
    uniforms: named(
      times(count).map(() => 'u32' as const),
      'end',
    ),
    reads: named(
      times(count).map(() => 1),
      'weight',
      'velocity',
    ),
    code: `${times(count).map(updateOf).join('')}
${elementEntry(`u.end${count - 1} / ${each}u`)}
  ${times(count).map(branch).join('\n  else ')}
}`,
  }
}

/**
 * How many parameters a program updates. On a GPU as many as it can bind: three bindings each, and one for the rates. A software
 * adapter gains little from fewer dispatches, and behind a branch it reads and writes single values.
 */
export const parametersTogether = ({ real, choices }: LabBackend): number =>
  choices.adapter.software ? 1 : Math.floor((real.limits.maxStorageBuffersPerShaderStage - 1) / 3)

/** Elements that a thread of a software adapter updates: to start a thread takes as long as to update one. */
const elementsEach = 4

function updateTogether(backend: LabBackend, parameters: readonly Parameter[], rates: tf.Tensor): void {
  const vectors = parameters.map(({ weight }) => vectorFor(weight.size))
  let count = 0
  const ends = parameters.map(({ weight }, p) => {
    count += weight.size / vectors[p].width
    return count
  })
  const alone = backend.choices.adapter.software && parameters.length === 1
  const each = alone && count % elementsEach === 0 ? elementsEach : 1
  backend.dispatch(
    program(
      vectors.map(({ type }) => type),
      each,
    ),
    {
      outputs: parameters.flatMap(({ weight, velocity }) => [weight, velocity]),
      inputs: [...parameters.map(({ gradient }) => gradient), rates],
      uniforms: named(ends, 'end'),
      workgroups: elementGroups(count / each),
    },
  )
}

/** velocity ← momentum · velocity + (gradient + decay · weight); weight ← weight − rate · velocity. rates: [rate, momentum, decay] */
export function sgdStep(backend: LabBackend, parameters: readonly Parameter[], rates: tf.Tensor): void {
  const most = parametersTogether(backend)
  for (let first = 0; first < parameters.length; first += most) {
    updateTogether(backend, parameters.slice(first, first + most), rates)
  }
}
