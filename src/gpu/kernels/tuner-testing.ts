/** Candidates for tests of the tuner. */
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import type { Candidate } from './candidates.ts'
import { convolve, shapesOf } from './conv/operations.ts'
import { type Scheme, variantName } from './schemes.ts'
import type { Work } from './work.ts'

/** A correct variant of a work. */
export function rightCandidate(backend: LabBackend, { operation, geometry }: Work, scheme: Scheme): Candidate {
  const variant = { scheme, splits: 1 }
  return { name: variantName(variant), run: (a, b) => convolve(backend, operation, geometry, [a, b], variant) }
}

/** A program that writes `result`, and reads nothing. */
export const testProgram = (key: string, code: string): Program => ({
  key: `test-${key}`,
  outputs: { result: 'f32' },
  inputs: {},
  uniforms: {},
  code,
})

/** A variant of a work with a separate program. */
export function programCandidate(
  backend: LabBackend,
  { operation, geometry }: Work,
  name: string,
  program: Program,
): Candidate {
  return {
    name,
    run: () => {
      const result = backend.makeTensorInfo(shapesOf(operation, geometry).output, 'float32')
      backend.dispatch(program, { outputs: [result], inputs: [], uniforms: {}, workgroups: [1] })
      return result
    },
  }
}
