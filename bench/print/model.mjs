/** The model's result as text. */
import { caseText, columns } from './text.mjs'

const order = ['forward', 'input gradient', 'filter gradient']

/** Convolutions first, then batch norm, then the rest; within each the longest first. */
const rank = (name) => (order.some((operation) => name.endsWith(operation)) ? 0 : name.startsWith('batch norm') ? 1 : 2)

/** Rows by class. */
function classesOf(rows) {
  const classes = new Map()
  for (const { class: name, seconds, gflop, bytes, limit } of rows) {
    const one = classes.get(name) ?? { name, dispatches: 0, seconds: 0, gflop: 0, bytes: 0, limits: {} }
    one.dispatches++
    one.seconds += seconds
    one.gflop += gflop
    one.bytes += bytes
    one.limits[limit] = (one.limits[limit] ?? 0) + seconds
    classes.set(name, one)
  }
  return [...classes.values()].sort((a, b) => rank(a.name) - rank(b.name) || b.seconds - a.seconds)
}

const sumOf = (name, classes) => ({
  name,
  limits: {},
  ...Object.fromEntries(
    ['dispatches', 'seconds', 'gflop', 'bytes'].map((key) => [key, classes.reduce((sum, one) => sum + one[key], 0)]),
  ),
})

/** `bandwidth`, or `arithmetic 71 %, bandwidth 29 %` of the class's time. */
function limitText(limits) {
  const total = Object.values(limits).reduce((a, b) => a + b, 0)
  const shares = Object.entries(limits)
    .filter(([, seconds]) => seconds >= 0.01 * total)
    .sort((a, b) => b[1] - a[1])
  if (shares.length < 2) return shares[0]?.[0] ?? ''
  return shares.map(([name, seconds]) => `${name} ${((100 * seconds) / total).toFixed(0)} %`).join(', ')
}

const headings = ['a step', 'dispatches', 'ms', 'GFLOP', '% of peak', 'GB', 'measured ms', 'measured to model', 'limit']

function table(classes, machine, measured) {
  const measuredOf = ({ name, parts = [name] }) => parts.reduce((sum, part) => sum + (measured[part] ?? 0), 0)
  const row = (one) => {
    const own = measured ? measuredOf(one) : 0
    return [
      one.name,
      String(one.dispatches),
      (1e3 * one.seconds).toFixed(2),
      one.gflop > 0 ? one.gflop.toFixed(0) : '–',
      one.gflop > 0 ? ((1e11 * one.gflop) / one.seconds / machine.flops).toFixed(0) : '–',
      (one.bytes / 1e9).toFixed(2),
      ...(measured ? [own.toFixed(2), `${(own / one.seconds / 1e3).toFixed(2)} ×`] : []),
      limitText(one.limits),
    ]
  }
  const together = (name, of) => ({ ...sumOf(name, of), parts: of.map((one) => one.name) })
  const totals = [
    together(
      'convolutions',
      classes.filter(({ name }) => rank(name) === 0),
    ),
    together(
      'batch norm',
      classes.filter(({ name }) => rank(name) === 1),
    ),
    together(
      'the rest',
      classes.filter(({ name }) => rank(name) === 2),
    ),
    together('the step', classes),
  ]
  const shown = measured ? headings : headings.filter((name) => !name.startsWith('measured'))
  return columns([shown, ...[...classes, ...totals].map(row)])
}

const list = (rows) =>
  columns([
    ['program', 'workgroups', 'GFLOP', 'MB', 'µs', '% of peak', 'limit'],
    ...rows.map(({ program, workgroups, gflop, bytes, seconds, share, limit }) => [
      program,
      String(workgroups),
      gflop.toFixed(2),
      (bytes / 1e6).toFixed(1),
      (1e6 * seconds).toFixed(1),
      share === null ? '–' : (100 * share).toFixed(0),
      limit,
    ]),
  ])

/** The report of a run of `model`. */
export function modelText({ machine, rows, substitutes, changed, measured, written, list: listed, ...result }) {
  if (written.length > 0) return [`The WGSL of ${written.length} programs:`, ...written].join('\n')
  const classes = classesOf(rows)
  const { seconds } = sumOf('the step', classes)
  const rates = `${machine.flops / 1e12} TFLOP/s, ${machine.bandwidth / 1e9} GB/s, machine code of ${machine.code}`
  return [
    `A model, not a measurement: ${rates}; ${caseText(result.case)}`,
    ...(measured ? [`Measured: ${measured.adapter}, the sum of its dispatches by time stamps`] : []),
    '',
    ...table(classes, machine, measured?.milliseconds),
    '',
    `${(1e3 * seconds).toFixed(1)} ms a step, ${(result.case.batch / seconds).toFixed(0)} images a second`,
    ...(measured ? [`A step takes ${measured.millisecondsPerStep.toFixed(1)} ms as measured`] : []),
    ...Object.entries(substitutes).map(([key, counted]) => `${key} is not counted; ${counted} stands in`),
    ...changed.map((key) => `${key} has changed since it was counted`),
    ...(listed ? ['', ...list(rows)] : []),
  ].join('\n')
}
