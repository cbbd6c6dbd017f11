import { expect, test } from 'vitest'
import type { Window } from '../../config/fields.ts'
import { editOf, gestureAt } from './track-gesture.ts'
import { editOfKey } from './window-keys.ts'

const window = (fromEpoch: number, toEpoch: number, alpha = -1): Window => ({ fromEpoch, toEpoch, alpha })
const two = [window(2, 4), window(8, 10, 5)]
const at = (part: string | undefined, from: number, to: number, step: 1 | 0.1 = 1) =>
  editOf(gestureAt(part, from, -1), two, to, 15, step)?.windows

test('a drag on the empty track draws, on a window moves it, and on an edge resizes it', () => {
  expect(at(undefined, 5.2, 6.9)).toEqual([two[0], window(5, 7), two[1]])
  expect(at('bar 0', 3.5, 4.6)).toEqual([window(3, 5), two[1]])
  expect(at('from 1', 8.1, 6.2)).toEqual([two[0], window(6, 10, 5)])
  expect(at('to 0', 4, 5.26, 0.1)).toEqual([window(2, 5.3), two[1]])
})

test('keys move a window, its end and its α, and remove it', () => {
  const press = (key: string, shiftKey = false, index = 0) => editOfKey({ key, shiftKey }, two, index, 15)
  expect(press('ArrowRight')?.windows[0]).toEqual(window(3, 5))
  expect(press('ArrowLeft', true)?.windows[0]).toEqual(window(2, 3))
  expect(press('ArrowDown')?.windows[0]).toEqual(window(2, 4, -1.5))
  expect(press('ArrowUp', false, 1)?.windows[1]).toEqual(window(8, 10, 6))
  expect(press('Delete', false, 1)).toEqual({ windows: [two[0]], index: 0 })
  expect(editOfKey({ key: 'Backspace', shiftKey: false }, [two[0]], 0, 15)).toEqual({ windows: [], index: -1 })
  expect(press('x')).toBeNull()
})
