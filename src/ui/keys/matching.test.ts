import { expect, test } from 'vitest'
import { type KeyPress, type Place, shortcutOf } from './matching.ts'
import { ariaKeys, shortcuts } from './shortcuts.ts'

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, isComposing: false }
const press = (key: string, place: Place = 'page', more: Partial<KeyPress> = {}) =>
  shortcutOf({ ...plain, key, isAltGraph: false, ...more }, place, shortcuts)?.id ?? null

test('each key has one meaning', () => {
  const keys = shortcuts.flatMap((shortcut) => shortcut.keys)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.map((key) => press(key))).toEqual(shortcuts.flatMap(({ id, keys: own }) => own.map(() => id)))
})

test('nothing fires in a field, and Space and arrows belong to a control that has the focus', () => {
  for (const { keys } of shortcuts) for (const key of keys) expect(press(key, 'field')).toBeNull()
  expect([' ', 'ArrowLeft', 'ArrowRight', 'k', '.', '?'].map((key) => press(key, 'control'))).toEqual([
    null,
    null,
    null,
    'play',
    'next',
    'list',
  ])
})

test('presses with modifiers, of an input method, and held toggles are left alone', () => {
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }, { repeat: true }])
    expect(press('k', 'page', more)).toBeNull()
  expect([press('.', 'page', { repeat: true }), press('K'), press('K', 'page', { shiftKey: true })]).toEqual([
    'next',
    'play',
    null,
  ])
  expect([press('?', 'page', { shiftKey: true }), press(' ', 'page', { shiftKey: true })]).toEqual(['list', null])
  expect(press('ArrowRight', 'page', { shiftKey: true })).toBeNull()
  expect(press(']', 'page', { ctrlKey: true, altKey: true, isAltGraph: true })).toBe('more')
})

test('buttons name their keys for assistive technology', () => {
  expect([ariaKeys('play'), ariaKeys('next'), ariaKeys('less')]).toEqual(['K Space', 'ArrowRight .', '['])
})
