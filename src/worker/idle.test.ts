import { describe, expect, test } from 'vitest'
import { createIdle } from './idle.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

describe('waiting until a run is idle', () => {
  const never = new AbortController().signal

  test('ends at once before the first step, and when the run becomes idle', async () => {
    const idle = createIdle()
    await idle.reached(never)
    idle.set(false)
    const seen: string[] = []
    const waits = ['a', 'b'].map((name) => idle.reached(never).then(() => seen.push(name)))
    await turn()
    expect(seen).toEqual([])
    idle.set(true)
    await Promise.all(waits)
    expect(seen).toEqual(['a', 'b'])
    idle.set(false)
    let reached = false
    void idle.reached(never).then(() => {
      reached = true
    })
    await turn()
    expect(reached).toBe(false)
  })

  test('can be cancelled', async () => {
    const idle = createIdle()
    idle.set(false)
    const controller = new AbortController()
    const waiting = idle.reached(controller.signal)
    controller.abort(new Error('cancelled'))
    await expect(waiting).rejects.toThrow('cancelled')
  })
})
