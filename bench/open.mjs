/**
 * Measures how the built page opens: served like `npm start` does, in a new browser profile each time, so that no file is
 * cached. docs/performance.md defines the columns.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tourSeen } from '../scripts/later-visit.mjs'
import { servedPage } from './served-page.mjs'

/** Milliseconds of quiet after which the page counts as interactive, and the length of a long task. */
const quiet = 2000
const long = 50

/** Collects long tasks and paints from the beginning. Runs in the page before its own script. */
function watch() {
  window.longTasks = []
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true })
  observe('longtask', ({ startTime, duration }) => window.longTasks.push([startTime, duration]))
}

/** What the page has recorded. Runs in the page. */
const recorded = () => ({
  now: performance.now(),
  tasks: window.longTasks,
  paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
})

/**
 * First contentful paint; time to interactive: the end of the last long task before two quiet seconds after that paint, or the
 * paint itself; total blocking time: what the long tasks between the two take beyond 50 ms each. In milliseconds.
 */
export function timesOf({ tasks, paint, now }) {
  const after = tasks.filter(([start, duration]) => start + duration > paint).sort((a, b) => a[0] - b[0])
  let interactive = paint
  for (const [start, duration] of after) {
    if (start - interactive >= quiet) break
    interactive = Math.max(interactive, start + duration)
  }
  if (now - interactive < quiet) return null
  const blocking = after
    .filter(([start]) => start < interactive)
    .reduce((sum, [, duration]) => sum + Math.max(0, duration - long), 0)
  return { paint, interactive, blocking }
}

/** Waits until the page has been quiet for long enough. Rejects after a minute. */
async function settle(tab) {
  for (let i = 0; i < 120; i++) {
    const state = await tab.evaluate(recorded)
    const times = state.paint === null ? null : timesOf(state)
    if (times) return times
    await tab.waitForTimeout(500)
  }
  throw new Error('the page did not become interactive within a minute; close other programs and try again')
}

/** The bytes of the scripts as they were sent, those of workers apart. Runs in the page. */
function sentScripts() {
  const scripts = performance.getEntriesByType('resource').filter(({ name }) => /\.js$/.test(new URL(name).pathname))
  const isWorker = ({ name }) => /\/(decode-)?worker-[^/]*\.js$/.test(name)
  const sum = (entries) => entries.reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0)
  const own = scripts.filter((entry) => !isWorker(entry))
  return { page: sum(own), workers: sum(scripts.filter(isWorker)), files: own.length }
}

/** Opens the page once in a new profile. `visit`: `first`, or `later` with the tour already seen. */
async function openOnce(url, visit, open) {
  const profile = mkdtempSync(join(tmpdir(), 'selectivity-lab-open-'))
  const context = await open(profile)
  try {
    const tab = await context.newPage()
    await tab.addInitScript(watch)
    if (visit === 'later') await tab.addInitScript(({ name, value }) => localStorage.setItem(name, value), tourSeen)
    await tab.goto(url)
    const times = await settle(tab)
    return { ...times, ...(await tab.evaluate(sentScripts)) }
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Medians of each number over all openings. */
const medians = (rows) =>
  Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]))

/** `open` launches a browser with a profile. Resolves to the medians of a first visit and of a later one. */
export async function measureOpening({ options: { times } }, open) {
  const { url, close } = await servedPage()
  try {
    const result = { times }
    for (const visit of ['first', 'later']) {
      const rows = []
      for (let i = 0; i < times; i++) rows.push(await openOnce(url, visit, open))
      result[visit] = medians(rows)
    }
    return result
  } finally {
    await close()
  }
}
