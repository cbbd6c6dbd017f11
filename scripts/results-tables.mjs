/** The tables of docs/results.md as Markdown, from the tables and verdicts that the command line writes. */

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value)

const minus = (text) => text.replace('-', '−')

/** `0.123`; an en dash without a number. */
export const number = (value, digits = 3) => (isNumber(value) ? minus(value.toFixed(digits)) : '–')

/** `23.1 %` */
export const percent = (value) => (isNumber(value) ? `${number(100 * value, 1)} %` : '–')

export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** `3.3 (−0.2 to 6.8)`, in percentage points. */
function interval({ n, mean: middle, lower, upper }) {
  if (n === 0) return '–'
  const points = (value) => number(100 * value, 1)
  return n < 2 ? points(middle) : `${points(middle)} (${points(lower)} to ${points(upper)})`
}

/** Probes within an epoch are at whole steps, so their epochs are near those of a table and not equal to them. */
const nearby = 0.02

/**
 * The values of compare-runs.csv (rows with arm, run, seed, metric, epoch and value).
 * `at(arm, metric, epoch)` gives seed → value; `epochs(arm, metric)` all epochs; `end` is the last epoch of all runs.
 */
export function seriesOf(rows) {
  const known = rows
    .filter(({ value }) => value !== '')
    .map((row) => ({ ...row, seed: Number(row.seed), epoch: Number(row.epoch), value: Number(row.value) }))
  const own = (arm, metric) => known.filter((row) => row.arm === arm && row.metric === metric)
  const at = (arm, metric, epoch) =>
    new Map(
      own(arm, metric)
        .filter((row) => Math.abs(row.epoch - epoch) < nearby)
        .map(({ seed, value }) => [seed, value]),
    )
  return {
    at,
    epochs: (arm, metric) => [...new Set(own(arm, metric).map(({ epoch }) => epoch))].sort((a, b) => a - b),
    end: Math.max(...known.map(({ epoch }) => epoch)),
    seeds: (arm) => [...new Set(known.filter((row) => row.arm === arm).map(({ seed }) => seed))].sort((a, b) => a - b),
  }
}

const meanOf = (bySeed) => (bySeed.size === 0 ? Number.NaN : mean([...bySeed.values()]))

const modules = ['layer1', 'layer2', 'layer3', 'layer4']

const perModule = (series, arm, metric, epoch) =>
  modules.map((module) => number(meanOf(series.at(arm, `${metric}/${module}`, epoch)), 2)).join(', ')

const unregularizedFirst = (rows, key) =>
  [...rows].sort((a, b) => Number(b[key] === 'none') - Number(a[key] === 'none'))

/** Arm by arm: final top-1 of each seed, their mean, and selectivity at the end. */
export function finalTable(series, { final }) {
  const rows = unregularizedFirst(final, 'group').map(({ group, top1, runs, unfinished }) => {
    const seeds = [...runs].sort((a, b) => a.seed - b.seed).map((run) => percent(run.top1))
    const open = unfinished.length > 0 ? `; not finished: ${unfinished.join(', ')}` : ''
    return [
      group,
      `${seeds.join(', ') || '–'}${open}`,
      interval(top1),
      perModule(series, group, 'selectivity', series.end),
      perModule(series, group, 'aboveFloor', series.end),
    ]
  })
  const head = ['arm', 'top-1 of each seed', 'mean, 95 % interval (%)', 'SI of layer1 … 4', 'SI − floor']
  return table(head, rows)
}

/** What the regularized arms cost, paired by seed. */
export const costTable = ({ differences }) =>
  table(
    ['compared', 'points of each seed', 'mean, 95 % interval'],
    differences.map(({ group, reference, seeds, difference }) => [
      `${reference} − ${group}`,
      seeds.map((own) => number(100 * own.difference, 1)).join(', ') || '–',
      interval(difference),
    ]),
  )

/** Top-1 and selectivity of an arm over the epochs, means over its seeds. */
export function curveTable(series, arm, shown) {
  const probed = series.epochs(arm, 'selectivity/layer1')
  const rows = shown
    .filter((epoch) => probed.some((own) => Math.abs(own - epoch) < nearby))
    .map((epoch) => {
      const evaluated = Number.isInteger(epoch) ? percent(meanOf(series.at(arm, 'top1', epoch))) : '–'
      return [
        `${epoch}`,
        evaluated,
        perModule(series, arm, 'selectivity', epoch),
        perModule(series, arm, 'aboveFloor', epoch),
      ]
    })
  return table(['epoch', 'top-1', 'SI of layer1 … layer4', 'SI − floor'], rows)
}

/** The distances of a seed's values from the reference's, at the reference's epochs. */
function distances(series, seed, reference, { metric, of, wholeEpochs = false }) {
  return reference.epochs.flatMap((row) => {
    if (wholeEpochs && !Number.isInteger(row.epoch)) return []
    const value = series.at('none', metric, row.epoch).get(seed)
    return value === undefined ? [] : [{ epoch: row.epoch, distance: value - of(row) }]
  })
}

function distanceText(found, show) {
  if (found.length === 0) return '–'
  const sizes = found.map(({ distance }) => Math.abs(distance))
  const far = found[sizes.indexOf(Math.max(...sizes))]
  return `${show(mean(sizes))} (${far.distance < 0 ? '−' : '+'}${show(Math.abs(far.distance))} at epoch ${far.epoch})`
}

/** Seed by seed: how far the lab's SI, floor and top-1 without a regularizer are from the reference's. */
export function referenceTable(series, reference) {
  const seeds = series.seeds('none')
  const short = (value) => number(value, 3)
  const rows = seeds.flatMap((seed) => [
    ...reference.modules.map((module, m) => {
      const selectivity = (row) => row.selectivity[m]
      const above = (row) => row.aboveFloor[m]
      const text = (metric, of) => distanceText(distances(series, seed, reference, { metric, of }), short)
      return [
        `${seed}, ${module}`,
        text(`selectivity/${module}`, selectivity),
        text(`floor/${module}`, (row) => selectivity(row) - above(row)),
        text(`aboveFloor/${module}`, above),
        '',
      ]
    }),
    [
      `${seed}, network`,
      '',
      '',
      '',
      distanceText(
        distances(series, seed, reference, { metric: 'top1', of: ({ top1 }) => top1, wholeEpochs: true }),
        percent,
      ),
    ],
  ])
  return table(['seed', 'SI', 'floor', 'SI − floor', 'top-1'], rows)
}

/** How far the lab's own seeds are apart: the mean over epochs of the range over seeds. */
export function spreadTable(series, reference) {
  const spread = (metric, epochs) => {
    const ranges = epochs.flatMap((epoch) => {
      const values = [...series.at('none', metric, epoch).values()]
      return values.length < 2 ? [] : [Math.max(...values) - Math.min(...values)]
    })
    return ranges.length === 0 ? Number.NaN : mean(ranges)
  }
  const epochs = reference.epochs.map(({ epoch }) => epoch)
  const rows = reference.modules.map((module) => [
    module,
    ...['selectivity', 'floor', 'aboveFloor'].map((metric) => number(spread(`${metric}/${module}`, epochs))),
    '',
  ])
  const whole = epochs.filter(Number.isInteger)
  return table(
    ['', 'SI', 'floor', 'SI − floor', 'top-1'],
    [...rows, ['network', '', '', '', percent(spread('top1', whole))]],
  )
}

/** Final top-1 and SI of each arm beside the reference's. */
export const armsTable = (series, reference) =>
  table(
    ['arm', 'top-1, lab', 'top-1, PyTorch', 'SI of layer1 … 3, lab', 'SI, PyTorch'],
    reference.arms.map(({ arm, top1, selectivity }) => [
      arm,
      percent(meanOf(series.at(arm, 'top1', series.end))),
      percent(top1),
      modules
        .slice(0, 3)
        .map((module) => number(meanOf(series.at(arm, `selectivity/${module}`, series.end)), 2))
        .join(', '),
      selectivity.map((value) => number(value, 2)).join(', '),
    ]),
  )

/** Measures at checkpoints (ablation, linearity), means over seeds; null where none was taken. */
export function measuredTable(series, arm, metrics) {
  const taken = metrics.filter(({ id }) => series.epochs(arm, id).length > 0)
  if (taken.length === 0) return null
  const epochs = [...new Set(taken.flatMap(({ id }) => series.epochs(arm, id)))].sort((a, b) => a - b)
  const rows = epochs.map((epoch) => [
    `${epoch}`,
    ...taken.map(({ id }) => number(meanOf(series.at(arm, id, epoch)), 3)),
  ])
  return table(['epoch', ...taken.map(({ title }) => title)], rows)
}

/** The verdicts of the claims, with the number behind each part. */
export const claimsTable = (claims) =>
  table(
    ['claim', 'part', 'verdict', 'measured, with the 95 % interval over seeds'],
    claims.flatMap((claim) => {
      const whole = [`**${claim.title}**`, '', `**${claim.verdict}**`, claim.parts.length === 0 ? claim.because : '']
      return [whole, ...claim.parts.map((part) => ['', part.name, part.verdict, part.because])]
    }),
  )

/** A text with the tables put between their markers `<!-- NAME -->` and `<!-- /NAME -->`. Throws for a missing marker. */
export function withTables(text, tables) {
  return Object.entries(tables).reduce((all, [name, own]) => {
    const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [start, end] = [all.indexOf(from), all.indexOf(to)]
    if (start < 0 || end < start) throw new Error(`the text lacks ${from} … ${to}`)
    return `${all.slice(0, start + from.length)}\n${own}\n${all.slice(end)}`
  }, text)
}
