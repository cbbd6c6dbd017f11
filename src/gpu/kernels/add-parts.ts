/** Second pass of a split reduction: adds the parts in a fixed order, so that the sum always has the same bytes. */
import type { Program } from '../program.ts'
import { lines } from './text.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const program = (addend: boolean): Program => ({
  key: addend ? 'add-parts:addend' : 'add-parts',
  outputs: { result: 'f32' },
  inputs: { parts: 'f32', ...(addend ? { addend: 'f32' } : {}) },
  uniforms: { size: 'u32', count: 'u32' },
  half: { reads: addend ? ['addend'] : [], writes: { result: { like: 'parts' } } },
  ...(addend ? {} : { plus: () => program(true) }),
  code: `${elementEntry('u.size')}
  var sum = parts[i];
  var p = 1u;
  // Four loads in flight; the parts are added one after the other.
  for (; p + 3u < u.count; p += 4u) {
    ${lines(4, (k) => `let part${k} = parts[(p + ${k}u) * u.size + i];`)}
    ${lines(4, (k) => `sum += part${k};`)}
  }
  for (; p < u.count; p++) { sum += parts[p * u.size + i]; }
  result[i] = sum${addend ? ' + addend[i]' : ''};
}`,
})

/** result[i] = Σ_p parts[p · size + i] */
export const addParts: Program = program(false)

export const addPartsDispatch = (size: number, count: number) => ({
  uniforms: { size, count },
  workgroups: elementGroups(size),
})
