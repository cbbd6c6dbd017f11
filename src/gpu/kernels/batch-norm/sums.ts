/**
 * The sums of training batch norm: partial sums over chunks of rows, and their totals in a fixed order. A row holds the values of
 * all channels at one position of N, H, W; neighbors in memory are channels.
 */
import type { Program } from '../../program.ts'
import {
  eachRow,
  hasResult,
  type RowLayout,
  rowDispatch,
  rowEntry,
  rowLayout,
  rowsAtATime,
  rowThreads,
  rowUniforms,
  sumOfFour,
  tree,
  treeMemory,
} from '../rows.ts'
import { exactSum, exactSumEntry } from '../sums.ts'
import { entry, lines, spread } from '../text.ts'
import { elementEntry, elementGroups, vectorFor } from '../vectors.ts'
import { behindRelu, hasMask, maskAt, type NormFusion, type NormShape, normalized, passes } from './text.ts'

/** Most workgroups of a GPU that share a sum; their partial sums are at most a thirty-second of the input. */
const mostWorkgroups = 4096

/**
 * Rows of a chunk. On a GPU, a multiple of the rows that a workgroup reads at a time; tensors from 16 MB make more than 1,000
 * workgroups. On a software adapter at most 128 chunks, because one thread per vector of channels adds them up.
 */
export function chunkOf({ rows, channels }: NormShape, layout: RowLayout): number {
  const columns = channels / vectorFor(channels).width
  if (layout.lanes === 1)
    return Math.ceil(rows / Math.max(1, Math.min(128, Math.ceil(rows / 64), Math.ceil(32768 / columns))))
  const least = rowsAtATime(layout)
  return least * Math.max(1, Math.ceil((rows * Math.ceil(columns / layout.wide)) / (mostWorkgroups * least)))
}

/** The layout, the number of chunks, and the dispatch of the partial sums. */
export function partialSums(shape: NormShape, software: boolean) {
  const columns = shape.channels / vectorFor(shape.channels).width
  const layout = rowLayout(columns, software)
  const chunk = chunkOf(shape, layout)
  return { layout, parts: Math.ceil(shape.rows / chunk), ...rowDispatch(layout, shape.rows, columns, chunk) }
}

/** Ends `main` of a program of partial sums [chunks, 2, C]. */
export const storePartial = (layout: RowLayout, first: string, second: string) => `
  if (${hasResult(layout)}) {
    partial[2u * chunk * u.channels + c] = ${first};
    partial[(2u * chunk + 1u) * u.channels + c] = ${second};
  }
}`

/**
 * partial [chunks, 2, C]: sums of the gradient behind ReLU and of its product with the normalized input. Behind a residual the
 * program also writes this gradient, which is the residual's.
 */
export function gradientSumsProgram({ channels }: NormShape, fusion: NormFusion, layout: RowLayout): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  const masked = hasMask(fusion)
  const term = (k: number) => `let o${k} = ${normalized.centered(`x${k}`)};
    let d${k} = ${behindRelu(fusion, vector, { dy: `dy${k}`, centered: `o${k}`, mask: `mask${k}` })};
    ${masked ? `dSkip[at${k}] = d${k};` : ''}`
  const rows = eachRow(layout, {
    load: (k, at) => `let x${k} = x[${at}]; let dy${k} = dy[${at}];
    ${masked ? `let mask${k} = ${maskAt(at)};` : ''}`,
    four: `${lines(4, term)}
    first += ${sumOfFour((k) => `d${k}`)};
    second += ${sumOfFour((k) => `d${k} * (o${k} * inverse)`)};`,
    one: `${term(0)}
    first += d0;
    second = fma(d0, o0 * inverse, second);`,
  })
  return {
    key: `batch-norm-gradient-sums-${width}-${fusion.relu}-${fusion.residual}-${layout.lanes}`,
    outputs: { partial: type, ...(masked ? { dSkip: type } : {}) },
    inputs: { x: type, statistics: type, dy: type, ...(masked ? { mask: 'u32' } : {}) },
    uniforms: rowUniforms,
    half: { reads: ['x', 'dy'], ...(masked ? { writes: { dSkip: 'gradient' } } : {}) },
    code: `${treeMemory(layout, { first: type, second: type })}${passes(fusion, vector)}${rowEntry(layout)}
  ${normalized.constants(layout.lanes === 1 ? 'c' : 'min(c, u.channels - 1u)')}
  var first = ${type}(); var second = ${type}();${rows}
  ${tree(layout.lanes, `${layout.wide}u`, ['first', 'second'], 'first += firstOf[other]; second += secondOf[other];')}
  ${storePartial(layout, 'first', 'second')}`,
  }
}

/** How the threads of a workgroup share the parts of a total. */
export function totalsDispatch({ channels }: NormShape, parts: number, software: boolean) {
  const columns = channels / vectorFor(channels).width
  if (software) return { uniforms: { channels: columns, parts, wide: rowThreads }, workgroups: elementGroups(columns) }
  const lanes = Math.min(rowThreads, 2 ** Math.ceil(Math.log2(Math.ceil(parts / 4))))
  const wide = rowThreads / lanes
  return { uniforms: { channels: columns, parts, wide }, workgroups: spread(Math.ceil(columns / wide)) }
}

const totalsUniforms = { channels: 'u32', parts: 'u32', wide: 'u32' } as const

/** Begins `main` of a program of totals: the thread's vector `c`, and its parts, from `lane` in steps of `lanes`. */
const totalsEntry = (software: boolean) =>
  software
    ? `${elementEntry('u.channels')}
  let c = i;
  let lane = 0u;
  let lanes = 1u;`
    : `${entry(rowThreads)}
  let own = (group.y * groups.x + group.x) * u.wide + index % u.wide;
  let c = min(own, u.channels - 1u);
  let lane = index / u.wide;
  let lanes = ${rowThreads}u / u.wide;`

/** Visits the thread's parts: `use(k)` adds `firstK` and `secondK` of part `pK`; beyond the last part they are 0 and `inK` false. */
function eachPart(software: boolean, type: string, use: (k: number) => string): string {
  const count = software ? 1 : 4
  return `
  for (var p = lane; p < u.parts; p += ${count}u * lanes) {
    ${lines(count, (k) => `let p${k} = p + ${k}u * lanes; let in${k} = p${k} < u.parts; let at${k} = 2u * min(p${k}, u.parts - 1u) * u.channels + c;`)}
    ${lines(count, (k) => `let read${k} = partial[at${k}]; let more${k} = partial[at${k} + u.channels];`)}
    ${lines(count, (k) => `let first${k} = select(${type}(), read${k}, in${k}); let second${k} = select(${type}(), more${k}, in${k});`)}
    ${lines(count, use)}
  }`
}

const hasTotal = (software: boolean) => (software ? 'true' : 'index < u.wide && own < u.channels')

/**
 * statistics [5, C]: mean, 1 / √(variance + ε), scale / √(variance + ε), what rounding took from the mean, and shift. With
 * `update`, the program also updates the running statistics in place.
 */
export function statisticsProgram({ channels }: NormShape, update: boolean, software: boolean): Program {
  const { type, width } = vectorFor(channels)
  const lanes = software ? 1 : rowThreads
  const values = ['n', 'sum', 'lost', 'squares']
  const current = 'n = all.n; sum = all.sum.value; lost = all.sum.lost; squares = total(all.squares);'
  return {
    key: `batch-norm-statistics-${width}-${update}-${lanes}`,
    outputs: { statistics: type, ...(update ? { runningMean: type, runningVariance: type } : {}) },
    inputs: { partial: type, scale: type, shift: type },
    ...(update ? { reads: { runningMean: 1, runningVariance: 1 } } : {}),
    uniforms: { ...totalsUniforms, rows: 'u32', chunk: 'u32', epsilon: 'f32', momentum: 'f32' },
    code: `${treeMemory({ lanes }, { n: 'f32', sum: type, lost: type, squares: type })}${exactSum(type)}
struct Total { n : f32, sum : Sum, squares : Sum }
fn added(all : Total, n : f32, sum : ${type}, squares : ${type}) -> Total {
  let d = sum / max(n, 1f) - total(all.sum) / max(all.n, 1f);
  let both = all.n + n;
  return Total(both, plus(all.sum, sum), plus(all.squares, squares + d * d * (all.n * n / max(both, 1f))));
}
${totalsEntry(software)}
  ${exactSumEntry}
  var all = Total();
  ${eachPart(
    software,
    type,
    (k) => `all = added(all, select(0f, f32(min(u.chunk, u.rows - p${k} * u.chunk)), in${k}), first${k}, second${k});`,
  )}
  var ${current.replaceAll('; ', '; var ')}
  ${tree(lanes, 'u.wide', values, `all = added(all, nOf[other], sumOf[other], squaresOf[other]); all.sum.lost += lostOf[other]; ${current}`)}
  if (${hasTotal(software)}) {
    let mean = total(all.sum) / n;
    let inverse = 1f / sqrt(squares / n + u.epsilon);
    statistics[c] = mean;
    statistics[u.channels + c] = inverse;
    statistics[2u * u.channels + c] = scale[c] * inverse;
    statistics[3u * u.channels + c] = (fma(-mean, ${type}(n), all.sum.value) + all.sum.lost) / n;
    statistics[4u * u.channels + c] = shift[c];
    ${
      update
        ? `runningMean[c] = (1f - u.momentum) * runningMean[c] + u.momentum * mean;
    runningVariance[c] = (1f - u.momentum) * runningVariance[c] + u.momentum * (squares / (n - 1f));`
        : ''
    }
  }
}`,
  }
}

/** Totals of the partial sums: gradients by shift and scale. */
export function gradientTotals({ channels }: NormShape, software: boolean): Program {
  const { type, width } = vectorFor(channels)
  const lanes = software ? 1 : rowThreads
  const values = ['first', 'firstLost', 'second', 'secondLost']
  const current = `first = shift.value; firstLost = shift.lost; second = scale.value; secondLost = scale.lost;`
  return {
    key: `batch-norm-gradient-totals-${width}-${lanes}`,
    outputs: { dShift: type, dScale: type },
    inputs: { partial: type },
    uniforms: totalsUniforms,
    code: `${treeMemory({ lanes }, Object.fromEntries(values.map((name) => [name, type])))}${exactSum(type)}${totalsEntry(software)}
  ${exactSumEntry}
  var shift = Sum();
  var scale = Sum();
  ${eachPart(software, type, (k) => `shift = plus(shift, first${k}); scale = plus(scale, second${k});`)}
  var ${current.replaceAll('; ', '; var ')}
  ${tree(lanes, 'u.wide', values, `shift = plus(shift, firstOf[other]); shift.lost += firstLostOf[other]; scale = plus(scale, secondOf[other]); scale.lost += secondLostOf[other]; ${current}`)}
  if (${hasTotal(software)}) {
    dShift[c] = total(shift);
    dScale[c] = total(scale);
  }
}`,
  }
}
