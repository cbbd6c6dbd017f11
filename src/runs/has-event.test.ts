import { expect, it } from 'vitest'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { hasEvent } from './has-event.ts'
import { changedFiles } from './memory-folders.ts'

const log = async (events: readonly LoggedEvent[], rest = '') => {
  const files = changedFiles()
  await files.replace('events.jsonl', events.map((event) => `${JSON.stringify(event)}\n`).join('') + rest)
  return files
}

const start: LoggedEvent = { ...startEvent, time: 0 }
const steps = (count: number) => Array.from({ length: count }, (_, i) => stepEvent(i + 1, 10 * (i + 1)))

it('a log has the newest event that the page has, or the page alone has it', async () => {
  const files = await log([start, ...steps(3)], '{"type":"st')
  expect(await hasEvent(files, stepEvent(3, 30))).toBe(true)
  expect(await hasEvent(files, stepEvent(4, 40))).toBe(false)
  expect(await hasEvent(changedFiles(), start)).toBe(false)
})

it('an event far behind the end of a long log is found', async () => {
  const files = await log([start, ...steps(6000)])
  expect((await files.read('events.jsonl'))?.size).toBeGreaterThan(1 << 20)
  expect(await hasEvent(files, stepEvent(2, 20))).toBe(true)
  expect(await hasEvent(files, stepEvent(2, 21))).toBe(false)
})
