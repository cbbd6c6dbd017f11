import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfig } from '../../config/config.ts'
import type { Window } from '../../config/fields.ts'
import { added, drawn, inOrder, moved, newStrength, removed, resized, snapped, withAlpha } from './window-edits.ts'

const window = (fromEpoch: number, toEpoch: number, alpha = -1): Window => ({ fromEpoch, toEpoch, alpha })
const two = [window(2, 4), window(8, 10, 5)]
const spans = (edit: { windows: readonly Window[] } | null) => edit?.windows.map((w) => [w.fromEpoch, w.toEpoch])

test('epochs snap to whole ones, or to tenths without noise', () => {
  expect([snapped(2.49, 1), snapped(2.51, 1), snapped(0.31, 0.1), snapped(0.1 + 0.2, 0.1)]).toEqual([2, 3, 0.3, 0.3])
})

test('drawing makes a window between the snapped epochs, in either direction', () => {
  expect(drawn([], [2.1, 4.8], 15, -5)).toEqual({ windows: [window(2, 5, -5)], index: 0 })
  expect(spans(drawn([], [4.8, 2.1], 15, -5))).toEqual([[2, 5]])
  expect(spans(drawn([], [2.13, 4.78], 15, -5, 0.1))).toEqual([[2.1, 4.8]])
})

test('a short stroke marks the epoch around it', () => {
  expect(spans(drawn([], [2.6, 2.9], 15, 1))).toEqual([[2, 3]])
  expect(spans(drawn([], [14.9, 14.95], 15, 1))).toEqual([[14, 15]])
})

test('a drawn window is cut at its neighbors and at the ends of the run', () => {
  expect(spans(drawn(two, [5, 20], 15, 1))).toEqual([
    [2, 4],
    [5, 8],
    [8, 10],
  ])
  expect(spans(drawn(two, [11, 40], 15, 1))).toEqual([
    [2, 4],
    [8, 10],
    [11, 15],
  ])
  expect(spans(drawn(two, [1.5, -7], 15, 1))).toEqual([
    [0, 2],
    [2, 4],
    [8, 10],
  ])
  expect(drawn(two, [3, 6], 15, 1)).toBeNull()
  expect(drawn([window(0, 15)], [3, 6], 15, 1)).toBeNull()
})

test('edges stop at the neighbor and leave at least a step', () => {
  expect(spans(resized(two, 0, 'to', 9, 15))).toEqual([
    [2, 8],
    [8, 10],
  ])
  expect(spans(resized(two, 0, 'to', 0, 15))).toEqual([
    [2, 3],
    [8, 10],
  ])
  expect(spans(resized(two, 1, 'from', 3, 15))).toEqual([
    [2, 4],
    [4, 10],
  ])
  expect(spans(resized(two, 1, 'from', 12, 15))).toEqual([
    [2, 4],
    [9, 10],
  ])
  expect(spans(resized(two, 1, 'to', 99, 15))).toEqual([
    [2, 4],
    [8, 15],
  ])
  expect(spans(resized(two, 0, 'from', 3.97, 15, 0.1))).toEqual([
    [3.9, 4],
    [8, 10],
  ])
})

test('a moved window keeps its length and stops at its neighbors', () => {
  expect(spans(moved(two, 0, 3.4, 15))).toEqual([
    [3, 5],
    [8, 10],
  ])
  expect(spans(moved(two, 0, 30, 15))).toEqual([
    [6, 8],
    [8, 10],
  ])
  expect(spans(moved(two, 1, -3, 15))).toEqual([
    [2, 4],
    [4, 6],
  ])
  expect(spans(moved(two, 1, 40, 15))).toEqual([
    [2, 4],
    [13, 15],
  ])
  // A window that the configuration lets end behind the run stays as long as it is.
  expect(spans(moved([window(10, 30)], 0, 12, 15))).toEqual([[10, 30]])
})

test('a new window follows the last one, else fills the longest gap, else there is none', () => {
  expect(spans(added([], 15, 1))).toEqual([[0, 5]])
  expect(spans(added([], 3, 1))).toEqual([[0, 3]])
  expect(added(two, 12, 1)).toMatchObject({ index: 2 })
  expect(spans(added(two, 12, 1))).toEqual([
    [2, 4],
    [8, 10],
    [10, 12],
  ])
  expect(added(two, 10, 1)).toMatchObject({ index: 1 })
  expect(spans(added(two, 10, 1))).toEqual([
    [2, 4],
    [4, 8],
    [8, 10],
  ])
  expect(added([window(0, 20)], 15, 1)).toBeNull()
})

test('α and removal change one window; a new one has the strength of the last', () => {
  expect(withAlpha(two, 1, -3).windows).toEqual([two[0], window(8, 10, -3)])
  expect(removed(two, 0)).toEqual([two[1]])
  expect([newStrength([]), newStrength(two), newStrength([window(0, 1, 0)])]).toEqual([1, 5, 1])
})

test('any sequence of edits gives a schedule that the configuration accepts', () => {
  const place = fc.double({ min: -3, max: 20, noNaN: true })
  const edit = fc.record({
    kind: fc.integer({ min: 0, max: 4 }),
    which: fc.nat(),
    at: place,
    to: place,
    fine: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), (edits) => {
      const last = edits.reduce<readonly Window[]>((windows, { kind, which, at, to, fine }) => {
        const step = fine ? 0.1 : 1
        if (kind === 0 || windows.length === 0) return drawn(windows, [at, to], 15, 1, step)?.windows ?? windows
        if (kind === 4) return added(windows, 15, 1)?.windows ?? windows
        const index = which % windows.length
        if (kind === 3) return moved(windows, index, at, 15, step).windows
        return resized(windows, index, kind === 1 ? 'from' : 'to', at, 15, step).windows
      }, [])
      expect(inOrder(last)).toEqual(last)
      expect(() => parseConfig({ regularizer: { schedule: [...last] } })).not.toThrow()
      expect(Math.max(0, ...last.map(({ toEpoch }) => toEpoch))).toBeLessThanOrEqual(15)
    }),
  )
})
