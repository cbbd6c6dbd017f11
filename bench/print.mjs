/** Formats results as text. */
import { kernelsText, memoryText, profileText, reductionsText, shadersText, tuneText } from './print/kernels.mjs'
import { modelText } from './print/model.mjs'
import { caseText, columns, mib } from './print/text.mjs'

/** Memory of a step's intermediates: as planned, the least possible, and without a plan. */
const planned = (graph) =>
  graph?.plannedBytes == null
    ? '–'
    : `${mib(graph.plannedBytes)} (${mib(graph.liveBytes)}, ${mib(graph.unplannedBytes)})`

/** The table of a run of `step`. */
function stepText(result) {
  const { adapter, gflopPerStep, ceilingGflops, parameterBytes, convolutionBytes, rows, absent } = result
  const lab = rows.find(({ name }) => name === 'lab')
  const table = rows.map((row) => [
    row.name,
    row.secondsPerStep.toFixed(3),
    row.imagesPerSecond.toFixed(2),
    `${(row.secondsPerStep / lab.secondsPerStep).toFixed(2)} ×`,
    row.secondsPerEvaluation === null ? '–' : row.secondsPerEvaluation.toFixed(3),
    row.secondsPerEvaluation === null ? '–' : `${(row.secondsPerEvaluation / lab.secondsPerEvaluation).toFixed(2)} ×`,
    row.peakBytes === null ? '–' : mib(row.peakBytes),
    String(row.dispatches ?? '–'),
    String(row.submits ?? '–'),
    row.uploadedBytes === null ? '–' : `${(row.uploadedBytes / 1024).toFixed(0)} KiB`,
    planned(row.graph),
    row.graph?.scriptMilliseconds == null ? '–' : `${row.graph.scriptMilliseconds.toFixed(1)} ms`,
    row.losses.map((loss) => loss.toFixed(5)).join(' '),
  ])
  const reached = gflopPerStep / lab.secondsPerStep
  const bound = 3 * parameterBytes + 3 * convolutionBytes
  return [
    `${adapter}; ${caseText(result.case)}`,
    '',
    ...columns([
      [
        'peer',
        's/step',
        'images/s',
        'to lab',
        's/evaluation',
        'to lab',
        'peak',
        'dispatches',
        'submits',
        'uploads',
        'intermediates (live, unplanned)',
        'script',
        'losses',
      ],
      ...table,
    ]),
    '',
    ...absent.map(({ name, reason }) => `${name} did not take part: ${reason}`),
    `A step is ${gflopPerStep.toFixed(2)} GFLOP, padding counted; the lab computes ${reached.toFixed(2)} GFLOP/s, ` +
      `${((100 * reached) / ceilingGflops).toFixed(0)} % of the ceiling of ${ceilingGflops.toFixed(2)} (best plain matrix product).`,
    `The lab's peak is ${mib(lab.peakBytes)}; 3 × parameters + 3 × the convolutions' results are ${mib(bound)}.`,
  ].join('\n')
}

const megabytes = (bytes) => (bytes === null ? '?' : mib(bytes))

const memoryRow = (name, { images, early, late, rate }) =>
  `${name}: ${megabytes(early)} after ${Math.floor(images / 5)} images, ${megabytes(late)} after ${images}; ${rate.toFixed(0)} images per second`

/** The report of a run of `data`, in Chromium and in Node. */
function dataText({ chromium, node }) {
  const rate = (value) => value.toFixed(0)
  const rows = Object.keys(node.sharp).flatMap((size) => [
    [
      `decode ${size}`,
      rate(chromium.decode[size]),
      rate(node.decode[size]),
      rate(node.sharp[size]),
      `${((100 * chromium.decode[size]) / node.sharp[size]).toFixed(0)} %`,
    ],
    [`decode and resize ${size}`, rate(chromium.resize[size]), rate(node.resize[size]), '', ''],
  ])
  const feeds = Object.keys(node.feed).map((size) => [
    `feed ${size} × ${size}`,
    rate(chromium.feed[size]),
    rate(node.feed[size]),
    '',
    '',
  ])
  const share = (value) => `${(100 * value).toFixed(1)} %`
  const memory = Object.entries({ chromium, node }).flatMap(([name, result]) =>
    result.memory ? [memoryRow(name, result.memory)] : [],
  )
  return [
    'Images per second of a core (decode), and per second in batches of 32 that are cached on disk (feed)',
    '',
    ...columns([
      ['', 'chromium', 'node', 'sharp alone', 'chromium to sharp'],
      ...rows,
      ...feeds,
      ['waiting, of a step', share(chromium.waiting), share(node.waiting), '', ''],
    ]),
    ...(memory.length > 0 ? ['', 'Resident memory while images are read, hashed, decoded and cached', ...memory] : []),
  ].join('\n')
}

/** The largest distance of each quantity in each case, compiled and eager, and its bound in the tests. */
function accuracyText({ adapter, rows }) {
  const quantities = Object.keys(rows[0].bounds)
  const names = [...new Set(rows.map(({ name }) => name))]
  const cell = (quantity, name) => {
    const own = rows.filter((row) => row.name === name)
    const worst = Math.max(...own.map((row) => row.distances[quantity]))
    return `${worst.toExponential(1)} (${own[0].bounds[quantity].toExponential(0)})`
  }
  const table = quantities.map((quantity) => [quantity, ...names.map((name) => cell(quantity, name))])
  return [`${adapter}: largest distance from PyTorch (bound)`, ...columns([['', ...names], ...table])].join('\n')
}

/** The report of a run of `sweep`. */
function sweepText({ jobs, workers, processes, done, readings, ...measured }) {
  const { addSeconds, workSeconds, followSeconds, bytesWaiting, bytesFinished, coordinator } = measured
  const rate = (seconds) => `${Math.round(jobs / seconds)} jobs/s`
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`
  return [
    `${jobs} runs without training, ${workers} workers in ${processes} processes; ${done} were worked on`,
    `sent in ${addSeconds.toFixed(1)} s (${rate(addSeconds)})`,
    `worked on in ${workSeconds.toFixed(1)} s (${rate(workSeconds)}); known to the plan after ${followSeconds.toFixed(1)} s and ${readings} readings`,
    `memory of Redis for each run: ${kilobytes(bytesWaiting)} waiting, ${kilobytes(bytesFinished)} finished`,
    `memory of the plan's process: ${mib(coordinator.before)} before, ${mib(coordinator.peak)} at most`,
  ].join('\n')
}

/** The table of a run of `runs`. */
function runsText({ probes, steps, opened }) {
  const milliseconds = (seconds) => `${(1000 * seconds).toFixed(0)} ms`
  const rows = opened.map((one) => [
    `format ${one.format}`,
    mib(one.bytes),
    `${(one.bytesPerProbe / 1000).toFixed(1)} kB`,
    `${one.openSeconds.toFixed(2)} s`,
    mib(one.memory),
    mib(one.peak),
    milliseconds(one.probeSeconds),
    milliseconds(one.unitSeconds),
  ])
  return [
    `A run of ${probes} probes of 15,104 units, and ${probes * steps} steps, opened in Node`,
    '',
    ...columns([
      ['', 'files', 'a probe', 'to open', 'memory', 'at most', 'units of a probe', 'a unit at all probes'],
      ...rows,
    ]),
  ].join('\n')
}

const mebibytes = (bytes) => (bytes === null ? 'unknown' : mib(bytes))

const startText = ({ images, untilStart, untilStep, memory }) =>
  [
    `zip of ${images} images`,
    `from choosing it to an enabled Start  ${untilStart.toFixed(1)} s`,
    `from Start to the first step          ${untilStep.toFixed(1)} s`,
    `memory of the page's process          ${mebibytes(memory.before)} before, ${mebibytes(memory.listed)} listed, ${mebibytes(memory.training)} training`,
  ].join('\n')

/** The table of a run of `open`. */
function openText({ times, first, later }) {
  const row = (name, one) => [
    name,
    ...[one.paint, one.interactive, one.blocking].map((milliseconds) => `${Math.round(milliseconds)} ms`),
    ...[one.page, one.workers].map((bytes) => `${Math.round(bytes / 1000)} kB`),
    String(one.files),
  ]
  return [
    `Opening the page with an empty cache; medians of ${times}`,
    '',
    ...columns([
      ['visit', 'first paint', 'interactive', 'blocked', 'script, sent', 'of workers', 'files'],
      row('first', first),
      row('later', later),
    ]),
  ].join('\n')
}

const named = (title, entries) =>
  entries.length === 0 ? [] : ['', title, ...columns(entries.map(([name, time]) => [name, `${time.toFixed(1)} ms`]))]

/** The report of a run of `smooth`. */
function smoothText({ browser, seconds, from, steps, replayed, perSecond, share, long, longest, profile }) {
  const times = Object.entries(perSecond).map(([kind, value]) => [kind, `${value.toFixed(1)} ms`])
  const run = replayed ? 'a replayed run of a ResNet-50' : 'the small preset'
  return [
    `Chromium ${browser}; ${run}, ${seconds} s from step ${from} on, ${steps} steps; processor time of the page's main thread`,
    '',
    ...columns([
      ...times.map(([kind, value]) => [`${kind}, a second`, value]),
      ['share of a core', `${(100 * share).toFixed(1)} %`],
    ]),
    `tasks over 50 ms: ${long}; longest: ${longest.map((value) => value.toFixed(0)).join(', ')} ms`,
    ...named('Functions, self time', profile?.functions ?? []),
    ...named('Components, own time with hooks', profile?.components ?? []),
    ...named('In tasks over 50 ms, total time', profile?.inLongTasks ?? []),
  ].join('\n')
}

const packText = ({ out, bytes, tests }) =>
  `${out}: ${(bytes / 2 ** 20).toFixed(1)} MiB, with ${tests} files of GPU tests. Unpack it, then ./run.sh lab|bench|test`

const texts = {
  step: stepText,
  kernels: kernelsText,
  tune: tuneText,
  shaders: shadersText,
  memory: memoryText,
  model: modelText,
  reductions: reductionsText,
  profile: profileText,
  data: dataText,
  accuracy: accuracyText,
  runs: runsText,
  sweep: sweepText,
  start: startText,
  open: openText,
  smooth: smoothText,
  pack: packText,
}

/** The result of a benchmark as text. */
export const textOf = (what, result) => texts[what](result)
