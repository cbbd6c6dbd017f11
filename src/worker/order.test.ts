import { describe, expect, test } from 'vitest'
import { createOrder } from './in-order.ts'
import { createRest } from './rest.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

test('a pause that comes after a resume stays after it, though the resume waits', async () => {
  const inOrder = createOrder()
  const done: string[] = []
  let ended = () => {}
  inOrder(() => void done.push('resume'), new Promise<void>((resolve) => (ended = resolve)))
  inOrder(() => void done.push('pause'))
  await turn()
  expect(done).toEqual([])
  ended()
  await turn()
  expect(done).toEqual(['resume', 'pause'])
})

describe('the rest of a run', () => {
  const never = new AbortController().signal

  test('is there before the first step, and is waited for afterwards', async () => {
    const rest = createRest()
    await rest.reached(never)
    rest.set(false)
    const seen: string[] = []
    const waits = ['a', 'b'].map((name) => rest.reached(never).then(() => seen.push(name)))
    await turn()
    expect(seen).toEqual([])
    rest.set(true)
    await Promise.all(waits)
    expect(seen).toEqual(['a', 'b'])
    rest.set(false)
    let reached = false
    void rest.reached(never).then(() => {
      reached = true
    })
    await turn()
    expect(reached).toBe(false)
  })

  test('is no longer waited for when that is cancelled', async () => {
    const rest = createRest()
    rest.set(false)
    const controller = new AbortController()
    const waiting = rest.reached(controller.signal)
    controller.abort(new Error('cancelled'))
    await expect(waiting).rejects.toThrow('cancelled')
  })
})
