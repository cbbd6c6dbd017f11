/** Elementwise programs work on four values at a time where the channels allow it. */
import type { ElementType } from '../program.ts'
import { spread } from './text.ts'

export interface Vector {
  /** Values at once. */
  readonly width: 1 | 4
  readonly type: ElementType
}

export const vectorFor = (count: number): Vector =>
  count % 4 === 0 ? { width: 4, type: 'vec4f' } : { width: 1, type: 'f32' }

/** Threads of an elementwise workgroup. */
const elementThreads = 256

/** `i` is the number of the thread's element; threads beyond `count` return. */
export const elementEntry = (count: string): string => `
@compute @workgroup_size(${elementThreads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) index : u32) {
  let i = (group.y * groups.x + group.x) * ${elementThreads}u + index;
  if (i >= ${count}) { return; }`

/** Workgroups for `count` elements, numbered as `elementEntry` does. */
export const elementGroups = (count: number): [number, number] => spread(Math.ceil(count / elementThreads))
