import { describe, expect, it } from 'vitest'
import { createLive } from './live.ts'

const { signal } = new AbortController()

describe('the live control', () => {
  it('holds α until the user hands it back', () => {
    const live = createLive()
    expect(live.control(0)).toEqual({ held: false, alpha: 0 })
    live.hold(-3)
    expect(live.control(1)).toEqual({ held: true, alpha: -3 })
    live.handBack()
    expect(live.control(2).held).toBe(false)
  })

  it('pauses, steps and resumes', async () => {
    const live = createLive()
    await live.proceed(signal)
    live.pause()
    expect(live.paused()).toBe(true)
    let steps = 0
    const loop = (async () => {
      while (steps < 5) {
        await live.proceed(signal)
        steps++
      }
    })()
    const settle = () => new Promise((resolve) => setTimeout(resolve, 5))
    await settle()
    expect(steps).toBe(0)
    live.stepOnce()
    await settle()
    expect(steps).toBe(1)
    live.stepOnce()
    live.stepOnce()
    await settle()
    expect(steps).toBe(3)
    live.resume()
    await loop
    expect(live.paused()).toBe(false)
  })

  it('wakes with an AbortError when it is stopped while paused', async () => {
    const controller = new AbortController()
    const live = createLive()
    live.pause()
    const waiting = live.proceed(controller.signal)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('replays a recorded control', () => {
    const live = createLive([
      { step: 1, held: true, alpha: 2 },
      { step: 2, held: false, alpha: 0 },
    ])
    expect([live.control(0), live.control(1)]).toEqual([
      { held: true, alpha: 2 },
      { held: false, alpha: 0 },
    ])
  })
})
