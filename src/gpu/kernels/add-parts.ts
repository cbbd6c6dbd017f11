/** Second pass of a split reduction: adds the parts in a fixed order, so that the sum always has the same bytes. */
import type { Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

/** result[i] = Σ_p parts[p · size + i] */
export const addParts: Program = {
  key: 'add-parts',
  outputs: { result: 'f32' },
  inputs: { parts: 'f32' },
  uniforms: { size: 'u32', count: 'u32' },
  half: { reads: [], writes: { result: { like: 'parts' } } },
  code: `${elementEntry('u.size')}
  var sum = parts[i];
  for (var p = 1u; p < u.count; p++) { sum += parts[p * u.size + i]; }
  result[i] = sum;
}`,
}

export const addPartsDispatch = (size: number, count: number) => ({
  uniforms: { size, count },
  workgroups: elementGroups(size),
})
