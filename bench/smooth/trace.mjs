/** Reads a Chromium trace: how long the page's main thread was busy, in processor time, with what, and in which tasks. */

/** The kind of work of a trace event, as in the DevTools' summary. Work inside an event of no kind counts as its parent's. */
const kinds = {
  scripting: [
    'EvaluateScript',
    'FunctionCall',
    'EventDispatch',
    'TimerFire',
    'FireAnimationFrame',
    'FireIdleCallback',
    'RunMicrotasks',
    'v8.callFunction',
    'v8.run',
    'V8.GCScavenger',
    'V8.GCFinalizeMC',
    'MinorGC',
    'MajorGC',
    'HandlePostMessage',
  ],
  layout: [
    'UpdateLayoutTree',
    'Layout',
    'InvalidateLayout',
    'ScheduleStyleRecalculation',
    'HitTest',
    'IntersectionObserverController::computeIntersections',
  ],
  paint: ['Paint', 'PrePaint', 'Layerize', 'Commit', 'UpdateLayer', 'CompositeLayers', 'DecodeImage', 'RasterTask'],
}

const kindOf = new Map(Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [name, kind])))

/** The main threads of the pages at an address, as `process:thread`. */
function mainThreads(events, address) {
  const processes = new Set()
  for (const { name, args, pid } of events) {
    if (name === 'TracingStartedInBrowser')
      for (const { url, processId } of args.data?.frames ?? []) if (url.startsWith(address)) processes.add(processId)
    if (name === 'FrameCommittedInBrowser' && args.data?.url?.startsWith(address))
      processes.add(args.data.processId ?? pid)
  }
  return events
    .filter(({ name, args, pid }) => name === 'thread_name' && args.name === 'CrRendererMain' && processes.has(pid))
    .map(({ pid, tid }) => `${pid}:${tid}`)
}

/** Complete events of one thread as they are nested: by their beginning, and the longer of two first. */
const nested = (events) =>
  events
    .filter(({ ph, tdur }) => ph === 'X' && tdur !== undefined)
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))

const isTask = ({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask'

/**
 * Adds up processor time by kind, and lists the tasks. All times are in milliseconds; `from` and `to` are the trace's clock, in
 * microseconds. Throws Error for a trace without processor times.
 */
export function mainThreadWork(events, address) {
  const threads = mainThreads(events, address)
  if (threads.length !== 1) throw new Error(`the trace has ${threads.length} main threads of ${address} instead of 1`)
  const own = nested(events.filter(({ pid, tid }) => `${pid}:${tid}` === threads[0]))
  if (own.length === 0) throw new Error('the trace has no processor times of the main thread')
  const totals = { scripting: 0, layout: 0, paint: 0, other: 0 }
  const tasks = []
  const open = []
  const close = ({ kind, own: rest }) => {
    totals[kind] += rest / 1000
  }
  for (const event of own) {
    while (open.length > 0 && open.at(-1).end <= event.ts) close(open.pop())
    const parent = open.at(-1)
    if (!parent && !isTask(event)) continue
    if (parent) parent.own -= event.tdur
    if (!parent) tasks.push({ milliseconds: event.tdur / 1000, from: event.ts, to: event.ts + event.dur })
    open.push({ kind: kindOf.get(event.name) ?? parent?.kind ?? 'other', own: event.tdur, end: event.ts + event.dur })
  }
  for (const one of open) close(one)
  return { totals, tasks }
}

/** The functions of a CPU profile and the microseconds that its samples between two times spent in them, and in what they call. */
export function functionTimes({ nodes, samples, timeDeltas, startTime }, spans) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const inside = (time) => spans === null || spans.some(({ from, to }) => time >= from && time <= to)
  const self = new Map()
  const total = new Map()
  const add = (map, name, time) => map.set(name, (map.get(name) ?? 0) + time)
  let time = startTime
  for (const [i, id] of samples.entries()) {
    time += timeDeltas[i]
    if (!inside(time)) continue
    // The sample before lasted until this one.
    const spent = timeDeltas[i + 1] ?? 0
    const seen = new Set()
    add(self, nameOf(byId.get(id)), spent)
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const name = nameOf(byId.get(at))
      if (!seen.has(name)) add(total, name, spent)
      seen.add(name)
    }
  }
  return { self, total }
}

const nameOf = ({ callFrame: { functionName } }) => functionName || '(anonymous)'

/** Names of a build that do not say what the time was spent for. */
const idle = new Set(['(idle)', '(program)', '(root)'])

/** The largest of named times, as pairs. */
export const largest = (times, count, choose = () => true) =>
  [...times]
    .filter(([name]) => !idle.has(name) && choose(name))
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name, time]) => [name, time / 1000])
