import { expect, test } from 'vitest'
import { startEvent, stepEvent } from '../testing/events.ts'
import { createPace } from './pace.ts'

function paceAfter(steps: number, each: number) {
  const pace = createPace()
  pace.add({ ...startEvent, time: 0 })
  for (let step = 1; step <= steps; step++) pace.add(stepEvent(step, step * each))
  return pace
}

test('images per second and time left of an even run', () => {
  const pace = paceAfter(50, 100)
  expect(pace.imagesPerSecond()).toBeCloseTo(320, 10)
  expect(pace.timeLeft()).toBeCloseTo(5000, 10)
})

test('has no estimate before two steps', () => {
  expect([paceAfter(1, 100).imagesPerSecond(), paceAfter(1, 100).timeLeft()]).toEqual([null, null])
})

test('a pause does not count', () => {
  const pace = paceAfter(10, 100)
  pace.add({ type: 'activity', activity: 'paused', step: 10, epoch: 1, time: 1000 })
  pace.add({ type: 'activity', activity: 'training', step: 10, epoch: 1, time: 61_000 })
  pace.add(stepEvent(11, 61_100))
  expect(pace.imagesPerSecond()).toBeCloseTo(320, 10)
  expect(pace.timeLeft()).toBeCloseTo(8900, 10)
})

test('the rate ignores steps that are older than ten seconds', () => {
  const pace = paceAfter(10, 5000)
  for (let i = 1; i <= 200; i++) pace.add(stepEvent(10 + i, 50_000 + i * 100))
  expect(pace.imagesPerSecond()).toBeCloseTo(320, 0)
})
