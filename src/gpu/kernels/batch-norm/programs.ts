/**
 * Programs of training batch norm, three in each direction: partial sums over chunks of rows, their totals in a fixed
 * order, and one pass that applies them. A row holds the values of all channels at one position of N, H, W; neighbors in
 * memory are channels. ReLU passes NaN, so that a diverged run shows in its loss.
 */
import type { Program } from '../../program.ts'
import { exactSum } from '../sums.ts'
import { elementEntry, elementGroups, nanSafe, vectorFor } from '../vectors.ts'

export interface NormShape {
  readonly rows: number
  readonly channels: number
}

/** Operations fused with the normalization. */
export interface NormFusion {
  readonly relu: boolean
  readonly residual: boolean
}

/**
 * Number of chunks of rows that are summed side by side: enough threads for a GPU, and at most 128, because one thread per
 * channel adds them up.
 */
export function chunksOf({ rows, channels }: NormShape): number {
  const threads = channels / vectorFor(channels).width
  return Math.max(1, Math.min(128, Math.ceil(rows / 64), Math.ceil(32768 / threads)))
}

/** The channel, the chunk and its rows, `begin` up to `end`, end excluded. */
const chunkRows = `
  let c = i % u.channels;
  let chunk = i / u.channels;
  let begin = chunk * u.chunk;
  let end = min(u.rows, begin + u.chunk);`

/**
 * Declares sums over the rows of the chunk, 64 rows at a time, which keeps their rounding small. `body` adds the terms at
 * index `at` to `NAMEPart`.
 */
const chunkSums = (type: string, names: readonly string[], body: string) => `
  ${names.map((name) => `var ${name} = ${type}();`).join(' ')}
  for (var from_ = begin; from_ < end; from_ += 64u) {
    ${names.map((name) => `var ${name}Part = ${type}();`).join(' ')}
    for (var row = from_; row < min(from_ + 64u, end); row++) {
      let at = row * u.channels + c;
      ${body}
    }
    ${names.map((name) => `${name} += ${name}Part;`).join(' ')}
  }`

const storeSums = `
  partial[2u * chunk * u.channels + c] = first;
  partial[(2u * chunk + 1u) * u.channels + c] = second;
}`

const reductionUniforms = { rows: 'u32', channels: 'u32', chunk: 'u32', count: 'u32' } as const

function reductionDispatch(shape: NormShape) {
  const channels = shape.channels / vectorFor(shape.channels).width
  const chunks = chunksOf(shape)
  const chunk = Math.ceil(shape.rows / chunks)
  const count = Math.ceil(shape.rows / chunk)
  return {
    parts: count,
    uniforms: { rows: shape.rows, channels, chunk, count: count * channels },
    workgroups: elementGroups(count * channels),
  }
}

/**
 * partial [chunks, 2, C]: a chunk's sum, and its sum of squares around its mean. The program reads a chunk twice, the second
 * time from the cache, to avoid a difference of large squares.
 */
export function momentsProgram({ channels }: NormShape): Program {
  const { type, width } = vectorFor(channels)
  return {
    key: `batch-norm-moments-${width}`,
    outputs: { partial: type },
    inputs: { x: type },
    uniforms: reductionUniforms,
    reads: { x: 2 },
    code: `${elementEntry('u.count')}${chunkRows}
  ${chunkSums(type, ['first'], 'firstPart += x[at];')}
  let mean = first / f32(end - begin);
  ${chunkSums(type, ['second'], 'let d = x[at] - mean; secondPart = fma(d, d, secondPart);')}
  ${storeSums}`,
  }
}

/**
 * statistics [4, C]: mean, 1 / √(variance + ε), scale, and what rounding took from the mean. With `update`, the program also
 * updates the running statistics in place.
 */
export function statisticsProgram(update: boolean): Program {
  return {
    key: `batch-norm-statistics-${update}`,
    outputs: { statistics: 'f32', ...(update ? { runningMean: 'f32', runningVariance: 'f32' } : {}) },
    inputs: { partial: 'f32', scale: 'f32' },
    ...(update ? { reads: { runningMean: 1, runningVariance: 1 } } : {}),
    uniforms: { rows: 'u32', channels: 'u32', parts: 'u32', chunk: 'u32', epsilon: 'f32', momentum: 'f32' },
    code: `${exactSum}${elementEntry('u.channels')}
  let n = f32(u.rows);
  var first = Sum();
  for (var p = 0u; p < u.parts; p++) { first = plus(first, partial[2u * p * u.channels + i]); }
  let mean = total(first) / n;
  var second = Sum();
  for (var p = 0u; p < u.parts; p++) {
    let size = f32(min(u.chunk, u.rows - p * u.chunk));
    let d = partial[2u * p * u.channels + i] / size - mean;
    second = plus(second, partial[(2u * p + 1u) * u.channels + i] + size * d * d);
  }
  let squares = total(second);
  statistics[i] = mean;
  statistics[u.channels + i] = 1f / sqrt(squares / n + u.epsilon);
  statistics[2u * u.channels + i] = scale[i];
  statistics[3u * u.channels + i] = (fma(-mean, n, first.value) + first.lost) / n;
  ${
    update
      ? `runningMean[i] = (1f - u.momentum) * runningMean[i] + u.momentum * mean;
  runningVariance[i] = (1f - u.momentum) * runningVariance[i] + u.momentum * (squares / (n - 1f));`
      : ''
  }
}`,
  }
}

const applyUniforms = { channels: 'u32', count: 'u32' } as const

/** y = (x − mean) · inverse · scale + shift, plus the residual, through ReLU. */
export function applyProgram({ channels }: NormShape, { relu, residual }: NormFusion): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  return {
    key: `batch-norm-apply-${width}-${relu}-${residual}`,
    outputs: { y: type },
    inputs: { x: type, statistics: type, shift: type, ...(residual ? { skip: type } : {}) },
    uniforms: applyUniforms,
    recomputable: true,
    code: `${relu ? nanSafe(vector) : ''}${elementEntry('u.count')}
  let c = i % u.channels;
  let factor = statistics[u.channels + c] * statistics[2u * u.channels + c];
  // An error of the mean would move a whole channel, and with it the signs of values near zero.
  let centered = (x[i] - statistics[c]) - statistics[3u * u.channels + c];
  let value = fma(centered, factor, shift[c])${residual ? ' + skip[i]' : ''};
  y[i] = ${relu ? 'relu(value)' : 'value'};
}`,
  }
}

/** partial [chunks, 2, C]: sums of the gradient behind ReLU and of its product with the normalized input. */
export function gradientSumsProgram({ channels }: NormShape, { relu }: NormFusion): Program {
  const { type, width } = vectorFor(channels)
  return {
    key: `batch-norm-gradient-sums-${width}-${relu}`,
    outputs: { partial: type },
    inputs: { x: type, statistics: type, dy: type, ...(relu ? { y: type } : {}) },
    uniforms: reductionUniforms,
    code: `${elementEntry('u.count')}${chunkRows}
  let mean = statistics[c];
  let inverse = statistics[u.channels + c];
  ${chunkSums(
    type,
    ['first', 'second'],
    `let d = ${masked(relu, type, 'at')};
      firstPart += d;
      secondPart = fma(d, (x[at] - mean) * inverse, secondPart);`,
  )}
  ${storeSums}`,
  }
}

const masked = (relu: boolean, type: string, at: string) =>
  relu ? `select(dy[${at}], ${type}(), y[${at}] <= ${type}())` : `dy[${at}]`

/** Totals of the partial sums: gradients by shift and scale. */
export const gradientTotals: Program = {
  key: 'batch-norm-gradient-totals',
  outputs: { dShift: 'f32', dScale: 'f32' },
  inputs: { partial: 'f32' },
  uniforms: { channels: 'u32', parts: 'u32' },
  code: `${exactSum}${elementEntry('u.channels')}
  var first = Sum();
  var second = Sum();
  for (var p = 0u; p < u.parts; p++) {
    first = plus(first, partial[2u * p * u.channels + i]);
    second = plus(second, partial[(2u * p + 1u) * u.channels + i]);
  }
  dShift[i] = total(first);
  dScale[i] = total(second);
}`,
}

/** dx = scale · inverse / n · (n · d − dShift − x̂ · dScale), d the gradient behind ReLU; d itself for the residual. */
export function gradientApplyProgram({ channels }: NormShape, { relu, residual }: NormFusion): Program {
  const { type, width } = vectorFor(channels)
  const skip = residual && relu
  return {
    key: `batch-norm-gradient-apply-${width}-${relu}-${skip}`,
    outputs: { dx: type, ...(skip ? { dSkip: type } : {}) },
    inputs: {
      x: type,
      statistics: type,
      dy: type,
      ...(relu ? { y: type } : {}),
      dShift: type,
      dScale: type,
    },
    uniforms: { ...applyUniforms, rows: 'f32' },
    code: `${elementEntry('u.count')}
  let c = i % u.channels;
  let inverse = statistics[u.channels + c];
  let d = ${masked(relu, type, 'i')};
  let normalized = (x[i] - statistics[c]) * inverse;
  dx[i] = statistics[2u * u.channels + c] * inverse / u.rows * (u.rows * d - dShift[c] - normalized * dScale[c]);
  ${skip ? 'dSkip[i] = d;' : ''}
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

export const dispatches = {
  reduction: reductionDispatch,
  channels: ({ channels }: NormShape) => elementGroups(channels),
  /** Channels and elements in vectors, and workgroups for them. */
  elements: ({ rows, channels }: NormShape) => {
    const { width } = vectorFor(channels)
    const count = (rows * channels) / width
    return { uniforms: { channels: channels / width, count }, workgroups: elementGroups(count) }
  },
}
