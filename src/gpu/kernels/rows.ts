/**
 * Text and geometry of sums over the rows of a matrix [rows, channels], chunk by chunk. Channels are counted in vectors
 * (`vectorFor`). A workgroup of a GPU adds up one chunk for up to 16 vectors; several threads share a vector's rows, with four
 * loads in flight each, and then add their sums as a tree. On a software adapter, where barriers are slow, one thread adds up a
 * chunk's vector. Either way the order of a sum is fixed.
 */
import { entry, lines, spread, times } from './text.ts'
import { elementEntry, elementGroups } from './vectors.ts'

/** Threads of a workgroup. */
export const rowThreads = 256

export interface RowLayout {
  /** Threads that share the rows of a vector. */
  readonly lanes: number
  /** Vectors side by side in a workgroup. */
  readonly wide: number
}

/** The layout for `columns` vectors of channels, at most `widest` in a workgroup. Few layouts are few programs to compile. */
export function rowLayout(columns: number, software: boolean, widest = 16): RowLayout {
  if (software) return { lanes: 1, wide: rowThreads }
  const wide = columns > 4 ? widest : 4
  return { lanes: rowThreads / wide, wide }
}

/** Rows that a workgroup reads at a time. */
export const rowsAtATime = ({ lanes }: RowLayout): number => 4 * lanes

export const rowUniforms = { rows: 'u32', channels: 'u32', chunk: 'u32', count: 'u32' } as const

/** Uniforms and workgroups of a program over `parts` chunks of `chunk` rows. */
export function rowDispatch({ lanes, wide }: RowLayout, rows: number, columns: number, chunk: number) {
  const parts = Math.ceil(rows / chunk)
  const count = parts * columns
  return {
    uniforms: { rows, channels: columns, chunk, count },
    workgroups: lanes === 1 ? elementGroups(count) : spread(parts * Math.ceil(columns / wide)),
  }
}

/** Begins `main`: the thread's vector `c`, its `lane`, and its chunk's rows, `begin` up to `end`, end excluded. */
export function rowEntry({ lanes, wide }: RowLayout): string {
  const number =
    lanes === 1
      ? `${elementEntry('u.count')}
  let c = i % u.channels;
  let chunk = i / u.channels;
  let lane = 0u;`
      : `${entry(rowThreads)}
  let across = (u.channels + ${wide - 1}u) / ${wide}u;
  let number = group.y * groups.x + group.x;
  let c = number % across * ${wide}u + index % ${wide}u;
  let chunk = number / across;
  let lane = index / ${wide}u;`
  return `${number}
  let begin = min(chunk * u.chunk, u.rows);
  let end = select(begin, min(begin + u.chunk, u.rows), c < u.channels);`
}

/**
 * Visits the thread's rows, four at a time: `load(k, at)` reads row k at index `at`, `four` uses rows 0 … 3, and `one` uses row
 * 0 alone.
 */
export const eachRow = (
  { lanes }: RowLayout,
  { load, four, one }: { load: (k: number, at: string) => string; four: string; one: string },
): string => `
  var row = begin + lane;
  for (; row + ${3 * lanes}u < end; row += ${4 * lanes}u) {
    ${lines(4, (k) => `let at${k} = (row + ${k * lanes}u) * u.channels + c;`)}
    ${lines(4, (k) => load(k, `at${k}`))}
    ${four}
  }
  for (; row < end; row += ${lanes}u) {
    let at0 = row * u.channels + c;
    ${load(0, 'at0')}
    ${one}
  }`

/** Declares the workgroup memory of `tree`. */
export const treeMemory = ({ lanes }: Pick<RowLayout, 'lanes'>, types: Readonly<Record<string, string>>): string =>
  lanes === 1
    ? ''
    : Object.entries(types)
        .map(([name, type]) => `var<workgroup> ${name}Of : array<${type}, ${rowThreads}>;`)
        .join('\n')

/**
 * Joins the values of the threads of a vector: `values` are variables of the thread, and `join` adds to them the values of
 * another thread, number `other`, which are in `NAMEOf[other]`. The threads below `wide` then have the results.
 */
export const tree = (lanes: number, wide: string, values: readonly string[], join: string): string =>
  lanes === 1
    ? ''
    : `
  ${values.map((name) => `${name}Of[index] = ${name};`).join(' ')}
  for (var half = ${rowThreads / 2}u; half >= ${wide}; half /= 2u) {
    workgroupBarrier();
    if (index < half) {
      let other = index + half;
      ${join}
      ${values.map((name) => `${name}Of[index] = ${name};`).join(' ')}
    }
  }`

/** Whether the thread has a chunk's result. */
export const hasResult = ({ lanes, wide }: RowLayout): string =>
  lanes === 1 ? 'true' : `index < ${wide}u && begin < end`

/** `(a0 + a1) + (a2 + a3)` */
export const sumOfFour = (term: (k: number) => string): string => {
  const [a, b, c, d] = times(4).map(term)
  return `(${a} + ${b}) + (${c} + ${d})`
}
