import { expect, it } from 'vitest'
import { startEvent } from '../testing/events.ts'
import { readyLab } from '../testing/lab.ts'

it('the page says that a run is not stored, until it is stored again or another run starts', () => {
  const { lab, state, answer, event, browser } = readyLab()
  const asked = browser.storageRequests
  lab.start()
  expect(browser.storageRequests).toBe(asked + 1)
  event({ ...startEvent, time: 0 })
  const runId = state().run.id ?? ''
  answer({ type: 'not-stored', runId, message: 'The run is not being stored: the storage is full.' })
  expect(state()).toMatchObject({ notStored: expect.stringMatching(/full/), status: expect.stringMatching(/full/) })
  answer({ type: 'not-stored', runId, message: null })
  expect(state()).toMatchObject({ notStored: null, status: 'The run is stored again.' })
  answer({ type: 'storage', used: 5, free: 10, persisted: false })
  expect(state().space).toEqual({ used: 5, free: 10, persisted: false })
})
