/** Results of tuning and of compiling shaders as text. */
import { caseText, columns } from './text.mjs'

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
  const total = rows.reduce(
    (sum, one) => Object.fromEntries(Object.keys(sum).map((key) => [key, sum[key] + one[key]])),
    {
      ...{ shaders: 0, bytes: 0, compileSeconds: 0, runSeconds: 0 },
    },
  )
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
