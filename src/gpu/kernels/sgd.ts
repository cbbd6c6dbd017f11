/** SGD with momentum and weight decay, in place. */
import type * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { ElementType, Program } from '../program.ts'
import { times } from './text.ts'
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
fn update${p}(i : u32, rate : f32, momentum : f32, decay : f32) {
  let weight = weight${p}[i];
  let v = momentum * velocity${p}[i] + (gradient${p}[i] + decay * weight);
  velocity${p}[i] = v;
  weight${p}[i] = weight - rate * v;
}`

interface Element {
  /** Number of its values. */
  readonly width: number
  readonly type: ElementType
}

/** The update of parameters with these elements; parameter p has those before `end_p`. */
function program(elements: readonly Element[]): Program {
  const types = elements.map(({ type }) => type)
  const count = types.length
  const start = (p: number) => (p === 0 ? '0u' : `u.end${p - 1}`)
  const update = (p: number) => `update${p}(i - ${start(p)}, rate, momentum, decay);`
  const branch = (p: number) => (p === count - 1 ? `{ ${update(p)} }` : `if (i < u.end${p}) { ${update(p)} }`)
  return {
    key: `sgd-${elements.map(({ width }) => width).join('-')}`,
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
${elementEntry(`u.end${count - 1}`)}
  let rate = rates[0];
  let momentum = rates[1];
  let decay = rates[2];
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

/** A software adapter takes as long for the address of an element as for several of its values. */
const elementFor = (size: number, software: boolean): Element =>
  software && size % 16 === 0 ? { width: 16, type: 'mat4x4f' } : vectorFor(size)

function updateTogether(backend: LabBackend, parameters: readonly Parameter[], rates: tf.Tensor): void {
  const elements = parameters.map(({ weight }) => elementFor(weight.size, backend.choices.adapter.software))
  let count = 0
  const ends = parameters.map(({ weight }, p) => {
    count += weight.size / elements[p].width
    return count
  })
  backend.dispatch(program(elements), {
    outputs: parameters.flatMap(({ weight, velocity }) => [weight, velocity]),
    inputs: [...parameters.map(({ gradient }) => gradient), rates],
    uniforms: named(ends, 'end'),
    workgroups: elementGroups(count),
  })
}

/** velocity ← momentum · velocity + (gradient + decay · weight); weight ← weight − rate · velocity. rates: [rate, momentum, decay] */
export function sgdStep(backend: LabBackend, parameters: readonly Parameter[], rates: tf.Tensor): void {
  const most = parametersTogether(backend)
  for (let first = 0; first < parameters.length; first += most) {
    updateTogether(backend, parameters.slice(first, first + most), rates)
  }
}
