/** Text and geometry of elementwise programs, which process four values at a time where the number of channels allows it. */
import type { ElementType } from '../program.ts'
import { entry, spread } from './text.ts'

export interface Vector {
  /** Number of values that one thread processes. */
  readonly width: 1 | 4
  readonly type: ElementType
}

export const vectorFor = (count: number): Vector =>
  count % 4 === 0 ? { width: 4, type: 'vec4f' } : { width: 1, type: 'f32' }

/**
 * WGSL functions for f32 or vec4f that look at the bits, because a compiler may assume that there is no NaN.
 * `relu` gives 0 for negative numbers and passes NaN of either sign: as unsigned integers, −0 … −∞ are
 * 0x80000000 … 0xff800000, and every NaN lies outside this range.
 */
export function nanSafe({ width, type }: Vector): string {
  const [bits, truth] = width === 4 ? ['vec4u', 'vec4<bool>'] : ['u32', 'bool']
  return `
fn isNan(value : ${type}) -> ${truth} { return (bitcast<${bits}>(value) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u); }
fn relu(value : ${type}) -> ${type} {
  return select(value, ${type}(), (bitcast<${bits}>(value) - ${bits}(0x80000000u)) <= ${bits}(0x7f800000u));
}`
}

/** Threads of an elementwise workgroup. */
const elementThreads = 256

/** `i` is the number of the thread's element; threads beyond `count` return. */
export const elementEntry = (count: string): string => `${entry(elementThreads)}
  let i = (group.y * groups.x + group.x) * ${elementThreads}u + index;
  if (i >= ${count}) { return; }`

/** Workgroups for `count` elements, numbered as `elementEntry` does. */
export const elementGroups = (count: number): [number, number] => spread(Math.ceil(count / elementThreads))
