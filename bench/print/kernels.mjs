/** Results of the benchmarks of kernels, and of a step's memory, as text. */
import { caseText, columns, mib } from './text.mjs'

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`

const sumOf = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0)

const bytesMoved = (traffic) => sumOf(traffic, 'readBytes') + sumOf(traffic, 'writtenBytes')

/** Bytes that a step reads and writes by class of program, with totals of batch norm and of the step. */
function trafficRows(traffic) {
  const row = ({ name, dispatches, readBytes, writtenBytes }) => [
    name,
    String(dispatches),
    ...[readBytes, writtenBytes, readBytes + writtenBytes].map(gigabytes),
  ]
  const total = (name, rows) => {
    const [dispatches, readBytes, writtenBytes] = ['dispatches', 'readBytes', 'writtenBytes'].map((key) =>
      sumOf(rows, key),
    )
    return row({ name, dispatches, readBytes, writtenBytes })
  }
  const norm = traffic.filter(({ name }) => name.startsWith('batch-norm'))
  return [
    ['programs', 'dispatches', 'read', 'written', 'together'],
    ...traffic.map(row),
    total('batch norm', norm),
    total('the step', traffic),
  ]
}

/** The report of a run of `memory`. */
export function memoryText({ adapter, parameterBytes, convolutionBytes, ownBytes, ...result }) {
  const plans = [result.plan, result.recomputed, result.half, result.halfRecomputed]
  const bound = 3 * parameterBytes + 3 * convolutionBytes
  return [
    `${adapter}; ${caseText(result.case)}`,
    '',
    ...columns([
      ['', 'kept', 'recomputed', 'f16', 'f16, recomputed'],
      ...[
        ['intermediates, planned', (one) => mib(one.plannedBytes)],
        ['the most that is live at one time', (one) => mib(one.liveBytes)],
        ['without a plan', (one) => mib(one.unplannedBytes)],
        ['with weights, momentum and inputs', (one) => mib(ownBytes + one.plannedBytes)],
        ['dispatches', (one) => String(one.dispatches)],
        ['read and written', (one) => gigabytes(bytesMoved(one.traffic))],
      ].map(([name, of]) => [name, ...plans.map(of)]),
    ]),
    `3 × parameters + 3 × the convolutions’ results: ${mib(bound)}`,
    '',
    ...columns(trafficRows(result.plan.traffic)),
  ].join('\n')
}

/** The report of a run of `profile`: the programs by time, the longest first. */
export function profileText({ adapter, millisecondsPerStep, rows, ...result }) {
  return [
    `${adapter}; ${caseText(result.case)}`,
    '',
    ...columns([
      ['program', 'dispatches', 'ms'],
      ...rows.map(({ program, dispatches, milliseconds }) => [program, String(dispatches), milliseconds.toFixed(3)]),
    ]),
    '',
    `${sumOf(rows, 'milliseconds').toFixed(1)} ms in all dispatches, one after the other; a step takes ${millisecondsPerStep.toFixed(1)} ms.`,
  ].join('\n')
}

/** The table of a run of `kernels`: for each work the best variant, the selected one and tfjs's own kernel. */
export function kernelsText({ adapter, ceilingGflops, sweep, rows, ...result }) {
  const table = rows.map(({ work, gflops, chosen }) => {
    const { stock, ...variants } = gflops
    const [best, rate] = Object.entries(variants).reduce((a, b) => (b[1] > a[1] ? b : a))
    const own = variants[chosen]
    return [
      work,
      best,
      rate.toFixed(2),
      chosen,
      own.toFixed(2),
      stock === undefined ? '–' : stock.toFixed(2),
      stock === undefined ? '–' : `${(rate / stock).toFixed(1)} ×`,
    ]
  })
  return [
    `${adapter}; ${caseText(result.case)}; GFLOP/s, padding counted`,
    '',
    ...columns([['work', 'best variant', '', 'untuned', '', 'stock', 'best to stock'], ...table]),
    '',
    'Plain matrix products:',
    ...columns(Object.entries(sweep).map(([name, rate]) => [name, rate.toFixed(2)])),
    `Ceiling: ${ceilingGflops.toFixed(2)} GFLOP/s`,
  ].join('\n')
}

/** Rows of `reductions` by program, without the width of its vectors and other details of its key. */
function passesOf(rows) {
  const passes = new Map()
  for (const { program, count, bytes, seconds } of rows) {
    const name = program.replace(/-?\d.*$/, '')
    const { dispatches = 0, sum = 0, time = 0 } = passes.get(name) ?? {}
    passes.set(name, {
      dispatches: dispatches + count,
      sum: sum + count * bytes,
      time: time + count * seconds,
    })
  }
  return passes
}

/** The tables of a run of `reductions`. */
export function reductionsText({ adapter, rows, ...result }) {
  const passes = [...passesOf(rows)]
  const total = passes.reduce((sum, [, { time }]) => sum + time, 0)
  const rate = (bytes, seconds) => (bytes / seconds / 1e9).toFixed(1)
  return [
    `${adapter}; ${caseText(result.case)}; all programs but convolutions`,
    '',
    ...columns([
      ['program', 'largest tensor', 'a step', 'workgroups', 'MB', 'µs', 'GB/s'],
      ...rows.map(({ program, shape, count, workgroups, bytes, seconds }) => [
        program,
        shape.join('x'),
        `${count} ×`,
        String(workgroups),
        (bytes / 1e6).toFixed(2),
        (1e6 * seconds).toFixed(1),
        rate(bytes, seconds),
      ]),
    ]),
    '',
    ...columns([
      ['a step', 'dispatches', 'GB', 'ms', 'GB/s'],
      ...passes.map(([name, { dispatches, sum, time }]) => [
        name,
        String(dispatches),
        (sum / 1e9).toFixed(3),
        (1e3 * time).toFixed(2),
        rate(sum, time),
      ]),
    ]),
    '',
    `${(1e3 * total).toFixed(1)} ms in all`,
  ].join('\n')
}

/** The table of a run of `tune`: the chosen variant of each work, its rate, and that of the guess. */
export function tuneText({ adapter, seconds, programs, rows, rejected, ...result }) {
  const timed = rows.filter(({ chosen }) => chosen !== null)
  const rate = (row, name) => (row.gflop / row.seconds[name]).toFixed(0)
  const sum = (name) => timed.reduce((total, row) => total + row.uses * row.seconds[row[name]], 0)
  const table = timed.map((row) => [
    row.work,
    String(row.uses),
    row.guess,
    rate(row, row.guess),
    row.chosen,
    rate(row, row.chosen),
    String(Object.keys(row.seconds).length),
  ])
  return [
    `${adapter}; ${caseText(result.case)}; GFLOP/s, padding counted`,
    '',
    ...columns([['work', 'uses', 'guess', '', 'chosen', '', 'tried'], ...table]),
    '',
    `Tuning took ${seconds.toFixed(1)} s: ${timed.length} of ${rows.length} works timed, ${programs} programs compiled, ${rejected.length} variants rejected.`,
    ...rejected.map(({ work, variant, reason }) => `rejected: ${variant} of ${work}: ${reason}`),
    `The timed works of a training step take ${(1000 * sum('guess')).toFixed(1)} ms as guessed, ${(1000 * sum('chosen')).toFixed(1)} ms as chosen.`,
  ].join('\n')
}

/** The report of a run of `shaders`. */
export function shadersText({ adapter, rows, ...result }) {
  const row = (name, { shaders, bytes, compileSeconds, runSeconds }) => [
    name,
    String(shaders),
    `${(bytes / 1024).toFixed(0)} KiB`,
    `${compileSeconds.toFixed(2)} s`,
    `${runSeconds.toFixed(2)} s`,
  ]
  const counted = ['shaders', 'bytes', 'compileSeconds', 'runSeconds']
  const total = Object.fromEntries(counted.map((key) => [key, sumOf(rows, key)]))
  return [
    `${adapter}; ${caseText(result.case)}; shaders that the graphs before do not have`,
    '',
    ...columns([
      ['graph', 'shaders', 'WGSL', 'trace and compile', 'first run'],
      ...rows.map((one) => row(one.name, one)),
      row('together', total),
    ]),
  ].join('\n')
}
