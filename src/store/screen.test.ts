import { expect, test } from 'vitest'
import { startEvent, stepEvent } from '../testing/events.ts'
import { readyLab, settled } from '../testing/lab.ts'

/** A lab whose run has started, and the log of its screen locks. */
async function startedLab(stored: Record<string, string> = {}) {
  const opened = readyLab({ stored })
  opened.lab.start()
  opened.event({ ...startEvent, time: 0 })
  await settled()
  return opened
}

test('the screen stays on while a run trains, and not while the user pauses it or after its end', async () => {
  const { lab, screen, event } = await startedLab()
  expect(screen.held()).toBe(1)
  event(stepEvent(1, 10))
  lab.pause()
  await settled()
  expect(screen.held()).toBe(0)
  lab.resume()
  await settled()
  expect(screen.held()).toBe(1)
  event({ type: 'end', step: 1, epoch: 0.1, reason: 'finished', message: '', advice: '', time: 20 })
  await settled()
  expect([screen.held(), screen.taken()]).toEqual([0, 2])
})

test('a page that is seen again takes the lock again, which the browser released', async () => {
  const { screen, sent } = await startedLab()
  screen.show(false)
  await settled()
  expect(screen.held()).toBe(0)
  expect(sent.at(-1)).toEqual({ type: 'save-resume-point' })
  screen.show(true)
  await settled()
  expect([screen.held(), screen.taken()]).toEqual([1, 2])
})

test('the setting is remembered, and off keeps no lock', async () => {
  const first = await startedLab()
  first.lab.setKeepScreenOn(false)
  await settled()
  expect(first.screen.held()).toBe(0)
  const later = await startedLab(first.browser.memory())
  expect(later.state().keepScreenOn).toBe(false)
  expect(later.screen.taken()).toBe(0)
})

test('a page without an active run requests no resume point when it is hidden', () => {
  const { screen, sent } = readyLab()
  screen.show(false)
  expect(sent.some(({ type }) => type === 'save-resume-point')).toBe(false)
})
