/** The progress of long tasks: a bar with rate and time left on a terminal, throttled lines elsewhere. */
import { createThrottle } from '../throttle.ts'
import { timeLeft } from '../time-left.ts'

/** The part of `process.stderr` that progress needs. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Reports that `done` of `total` are finished. `total` is 0 while it is unknown. `detail` is called only when shown. */
export type Progress = (done: number, total: number, detail?: () => string) => void

export interface Task {
  /** The name of the task: "Training", "Decoding images". */
  readonly label: string
  /** The counted items, in the plural: "steps", "images". Without it, only the share is shown. */
  readonly unit?: string
}

export interface Terminal {
  /** Writes a line above the bar. */
  readonly say: (text: string) => void
  readonly progress: (task: Task) => Progress
  /** Removes the bar. */
  readonly clear: () => void
}

/** Milliseconds between two drawings of the bar, and between two lines where there is no bar. */
export const intervals = { bar: 100, line: 2000 } as const

const barWidth = 20
const eraseLine = '\r\u001b[2K'

/** 95 s, 12 min, 3.4 h. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** "12 steps/s", or "2.5 s per step" below one a second. */
function rateText(perSecond: number, unit: string): string {
  const digits = (value: number) => (value >= 10 ? value.toFixed(0) : value.toFixed(1))
  return perSecond >= 1 ? `${digits(perSecond)} ${unit}/s` : `${digits(1 / perSecond)} s per ${unit.slice(0, -1)}`
}

/** A count and the time at which it was reached, in milliseconds. */
interface Mark {
  readonly done: number
  readonly time: number
}

/** Rate and time left, where two marks allow an estimate. */
function pace({ unit }: Task, from: Mark, to: Mark, total: number): string[] {
  const perSecond = (1000 * (to.done - from.done)) / (to.time - from.time)
  if (!(perSecond > 0 && Number.isFinite(perSecond))) return []
  const left = total > to.done ? timeLeft(from, to, total) : null
  return [...(unit ? [rateText(perSecond, unit)] : []), ...(left === null ? [] : [`${duration(left / 1000)} left`])]
}

const percent = (done: number, total: number) => `${Math.floor((100 * done) / total)} %`

const bar = (share: number) => {
  const filled = Math.round(barWidth * Math.min(1, share))
  return '█'.repeat(filled) + '░'.repeat(barWidth - filled)
}

const count = ({ unit }: Task, done: number, total: number, of: string) => {
  if (!unit) return []
  return [total > 0 ? `${done}${of}${total} ${unit}` : `${done} ${unit}`]
}

function barText(task: Task, done: number, total: number, more: readonly string[]): string {
  const share = total > 0 ? [`${bar(done / total)} ${percent(done, total)}`] : []
  return `${[task.label, ...share].join(' ')} ${[...count(task, done, total, '/'), ...more].join(', ')}`.trimEnd()
}

function lineText(task: Task, done: number, total: number, more: readonly string[]): string {
  const share = total > 0 ? [percent(done, total)] : []
  return `${task.label}: ${[...count(task, done, total, ' of '), ...share, ...more].join(', ')}`
}

/** Writes lines and progress to a stream. `now` gives milliseconds. */
export function createTerminal(screen: Screen, now: () => number): Terminal {
  let shown = ''
  const draw = (text: string) => {
    shown = text.slice(0, (screen.columns || 80) - 1)
    screen.write(`${eraseLine}${shown}`)
  }
  const clear = () => {
    if (shown) screen.write(eraseLine)
    shown = ''
  }
  const say = (text: string) => {
    const below = shown
    clear()
    screen.write(`${text}\n`)
    if (below) draw(below)
  }
  const progress = (task: Task): Progress => {
    let first: Mark | undefined
    const due = createThrottle(screen.isTTY ? intervals.bar : intervals.line, now)
    return (done, total, detail) => {
      const mark = { done, time: now() }
      first ??= mark
      const ended = total > 0 && done >= total
      if (ended && screen.isTTY) return clear()
      if (!due()) return
      const more = [...pace(task, first, mark, total), ...(detail ? [detail()].filter(Boolean) : [])]
      if (screen.isTTY) draw(barText(task, done, total, more))
      else say(lineText(task, done, total, more))
    }
  }
  return { say, progress, clear }
}
