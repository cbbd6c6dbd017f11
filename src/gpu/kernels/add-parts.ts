/** Second pass of a split reduction: adds the parts in a fixed order, so that the sum is the same every time. */
import type { Program } from '../program.ts'
import { spread } from './text.ts'

const threads = 64

/** result[i] = Σ_p parts[p · size + i] */
export const addParts: Program = {
  key: 'add-parts',
  outputs: { result: 'f32' },
  inputs: { parts: 'f32' },
  uniforms: { size: 'u32', count: 'u32' },
  code: `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) index : u32) {
  let i = (group.y * groups.x + group.x) * ${threads}u + index;
  if (i >= u.size) { return; }
  var sum = parts[i];
  for (var p = 1u; p < u.count; p++) { sum += parts[p * u.size + i]; }
  result[i] = sum;
}`,
}

export const addPartsDispatch = (size: number, count: number) => ({
  uniforms: [size, count],
  workgroups: spread(Math.ceil(size / threads)),
})
