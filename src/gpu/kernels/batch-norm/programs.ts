/** The elementwise programs of batch norm. ReLU passes NaN, so that a diverged run shows in its loss. */
import type { Program } from '../../program.ts'
import { entry, lines, spread } from '../text.ts'
import { elementEntry, elementGroups, nanSafe, vectorFor } from '../vectors.ts'
import {
  behindRelu,
  hasMask,
  maskBits,
  maskThreads,
  type NormFusion,
  type NormShape,
  normalized,
  passes,
  vectorsOfWord,
} from './text.ts'

const applyUniforms = { channels: 'u32', count: 'u32' } as const

/** y = (x − mean) · inverse · scale + shift, plus the residual, through ReLU. */
export function applyProgram({ channels }: NormShape, { relu, residual }: NormFusion): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  return {
    key: `batch-norm-apply-${width}-${relu}-${residual}`,
    outputs: { y: type },
    inputs: { x: type, statistics: type, ...(residual ? { skip: type } : {}) },
    uniforms: applyUniforms,
    recomputable: true,
    half: { reads: ['x', ...(residual ? ['skip'] : [])], writes: { y: 'activation' } },
    code: `${relu ? nanSafe(vector) : ''}${elementEntry('u.count')}
  let c = i % u.channels;
  ${normalized.constants('c')}
  let centered = ${normalized.centered('x[i]')};
  let value = ${normalized.value('centered')}${residual ? ' + skip[i]' : ''};
  y[i] = ${relu ? 'relu(value)' : 'value'};
}`,
  }
}

/** `applyProgram` with residual and ReLU, and the mask of the values that ReLU passes. */
export function applyWithMaskProgram({ channels }: NormShape): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  return {
    key: `batch-norm-apply-${width}-mask`,
    outputs: { y: type, mask: 'u32' },
    inputs: { x: type, statistics: type, skip: type },
    uniforms: applyUniforms,
    recomputable: true,
    half: { reads: ['x', 'skip'], writes: { y: 'activation' } },
    code: `${passes({ relu: true, residual: true }, vector)}
fn valueOf(x : ${type}, skip : ${type}, c : u32) -> ${type} {
  ${normalized.constants('c')}
  let centered = ${normalized.centered('x')};
  return relu(${normalized.value('centered')} + skip);
}${entry(maskThreads)}
  let block = group.y * groups.x + group.x;
  let first = block * ${vectorsOfWord * maskThreads}u + index;
  if (first >= u.count) { return; }
  var word = 0u;
  for (var k = 0u; k < ${vectorsOfWord}u; k += 4u) {
    ${lines(4, (k) => `let i${k} = first + (k + ${k}u) * ${maskThreads}u; let at${k} = min(i${k}, u.count - 1u);`)}
    ${lines(4, (k) => `let x${k} = x[at${k}]; let skip${k} = skip[at${k}];`)}
    ${lines(
      4,
      (k) => `let y${k} = valueOf(x${k}, skip${k}, at${k} % u.channels);
    if (i${k} < u.count) { y[i${k}] = y${k}; }
    word |= ${maskBits(vector, `y${k}`, `k + ${k}u`)};`,
    )}
  }
  mask[block * ${maskThreads}u + index] = word;
}`,
  }
}

/** dx = scale · inverse / n · (n · d − dShift − x̂ · dScale), d the gradient behind ReLU. With a mask, dy is d already. */
export function gradientApplyProgram({ channels }: NormShape, fusion: NormFusion): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  const own = { ...fusion, relu: fusion.relu && !hasMask(fusion) }
  return {
    key: `batch-norm-gradient-apply-${width}-${own.relu}`,
    outputs: { dx: type },
    inputs: { x: type, statistics: type, dy: type, dShift: type, dScale: type },
    uniforms: { ...applyUniforms, rows: 'f32' },
    half: { reads: ['x', 'dy'], writes: { dx: 'gradient' } },
    code: `${passes(own, vector)}${elementEntry('u.count')}
  let c = i % u.channels;
  ${normalized.constants('c')}
  let centered = ${normalized.centered('x[i]')};
  let d = ${behindRelu(own, vector, { dy: 'dy[i]', centered: 'centered', mask: '' })};
  dx[i] = factor / u.rows * (u.rows * d - dShift[c] - centered * inverse * dScale[c]);
}`,
  }
}

/** y = (x − mean) · scale / √(variance + ε) + shift, plus the residual, through ReLU. */
export function evaluateProgram({ channels }: NormShape, { relu, residual }: NormFusion): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  return {
    key: `batch-norm-evaluate-${width}-${relu}-${residual}`,
    outputs: { y: type },
    inputs: {
      x: type,
      scale: type,
      shift: type,
      mean: type,
      variance: type,
      ...(residual ? { skip: type } : {}),
    },
    uniforms: { ...applyUniforms, epsilon: 'f32' },
    code: `${relu ? nanSafe(vector) : ''}${elementEntry('u.count')}
  let c = i % u.channels;
  let factor = scale[c] / sqrt(variance[c] + u.epsilon);
  let value = fma(x[i] - mean[c], factor, shift[c])${residual ? ' + skip[i]' : ''};
  y[i] = ${relu ? 'relu(value)' : 'value'};
}`,
  }
}

/** Channels and elements in vectors, and workgroups for them. */
export function elementsDispatch({ rows, channels }: NormShape) {
  const { width } = vectorFor(channels)
  const count = (rows * channels) / width
  return { uniforms: { channels: channels / width, count }, workgroups: elementGroups(count) }
}

/** `elementsDispatch` for `applyWithMaskProgram`. */
export function maskDispatch(shape: NormShape) {
  const { uniforms } = elementsDispatch(shape)
  return { uniforms, workgroups: spread(Math.ceil(uniforms.count / (vectorsOfWord * maskThreads))) }
}
