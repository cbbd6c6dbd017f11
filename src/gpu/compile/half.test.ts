import { describe, expect, it } from 'vitest'
import { type HalfUse, halfBuffers } from './half.ts'

const reads = (buffer: number, able = true): HalfUse => ({ buffer, written: false, able, holds: null })
const writes = (buffer: number, holds: HalfUse['holds'], able = true): HalfUse => ({
  buffer,
  written: true,
  able,
  holds,
})
const stored = (commands: HalfUse[][], outer: number[] = []) =>
  Object.fromEntries(halfBuffers(commands, (b) => !outer.includes(b)))

describe('the buffers that are stored in f16', () => {
  it('are those that only able commands use, with what they hold', () => {
    const step = [
      [reads(0, false), writes(1, 'activation')],
      [reads(1), writes(2, 'activation')],
      [reads(2, false), writes(3, null, false)],
      [reads(3, false), reads(1), writes(4, 'gradient')],
    ]
    expect(stored(step, [0])).toEqual({ 1: 'activation', 4: 'gradient' })
  })

  it('exclude what outlives the step, whoever uses it', () => {
    expect(stored([[reads(0), writes(1, 'activation')]], [0, 1])).toEqual({})
  })

  it('exclude one that any command, early or late, cannot use in f16', () => {
    const able = [[writes(0, 'activation')], [reads(0)]]
    expect(stored(able)).toEqual({ 0: 'activation' })
    expect(stored([...able, [reads(0, false)]])).toEqual({})
    expect(stored([[writes(0, null, false)], ...able])).toEqual({})
  })

  it('hold the same as another, even where that one stays in f32', () => {
    const step = [[writes(0, 'gradient')], [reads(0, false), writes(1, 0)], [reads(1), writes(2, 1)], [reads(2)]]
    expect(stored(step)).toEqual({ 1: 'gradient', 2: 'gradient' })
    expect(stored([[reads(7), writes(1, 7)]])).toEqual({})
  })

  it('exclude one that holds a gradient after an activation: one scale fits both badly', () => {
    expect(stored([[writes(0, 'activation')], [reads(0)], [writes(0, 'gradient')]])).toEqual({})
  })
})
