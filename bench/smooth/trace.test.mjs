import { describe, expect, it } from 'vitest'
import { functionTimes, largest, mainThreadWork } from './trace.mjs'

const page = 'http://localhost:1/'
const on = { pid: 7, tid: 1 }

/** An event of the page's main thread; times in milliseconds. */
const event = (name, from, duration, processor, more = {}) => ({
  ph: 'X',
  name,
  ...on,
  ts: 1000 * from,
  dur: 1000 * duration,
  tdur: 1000 * processor,
  ...more,
})

const head = [
  {
    ph: 'I',
    name: 'TracingStartedInBrowser',
    pid: 1,
    tid: 1,
    args: { data: { frames: [{ url: `${page}#a`, processId: 7 }] } },
  },
  { ph: 'M', name: 'thread_name', pid: 7, tid: 1, args: { name: 'CrRendererMain' } },
  { ph: 'M', name: 'thread_name', pid: 8, tid: 1, args: { name: 'CrRendererMain' } },
]

describe('the work of a main thread', () => {
  it('is its processor time by kind, each moment once, and not that of other threads', () => {
    const events = [
      ...head,
      event('RunTask', 0, 90, 60),
      event('FunctionCall', 1, 50, 40),
      event('Layout', 10, 12, 10),
      event('SomethingElse', 30, 5, 5),
      event('Paint', 60, 4, 4),
      event('RunTask', 100, 3, 2),
      event('RunTask', 0, 900, 900, { tid: 2 }),
      event('RunTask', 0, 900, 900, { pid: 8 }),
    ]
    const { totals, tasks } = mainThreadWork(events, page)
    expect(totals).toEqual({ scripting: 30, layout: 10, paint: 4, other: 18 })
    expect(tasks.map(({ milliseconds }) => milliseconds)).toEqual([60, 2])
  })

  it('is refused without the page or without processor times', () => {
    expect(() => mainThreadWork(head, 'http://localhost:2/')).toThrow('0 main threads')
    expect(() => mainThreadWork(head, page)).toThrow('no processor times')
  })
})

describe('the times of functions', () => {
  it('count a recursive function once, and only the samples of the given spans', () => {
    const node = (id, functionName, children) => ({ id, callFrame: { functionName }, children })
    const profile = {
      nodes: [node(1, '(root)', [2, 4]), node(2, 'draw', [3]), node(3, 'draw'), node(4, '(idle)')],
      samples: [3, 2, 4, 3],
      timeDeltas: [0, 1000, 2000, 4000, 1000],
      startTime: 0,
    }
    const all = functionTimes(profile, null)
    expect(largest(all.total, 9)).toEqual([['draw', 4]])
    expect(largest(functionTimes(profile, [{ from: 0, to: 500 }]).self, 9)).toEqual([['draw', 1]])
  })
})
