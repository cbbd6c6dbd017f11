import { expect, test } from 'vitest'
import { groupedReasons, reasonsText } from './reasons.ts'

const files = [
  { path: 'a.png', reason: 'empty' },
  { path: 'b.png', reason: 'truncated' },
  { path: 'c.png', reason: 'truncated' },
]

test('the most frequent reason comes first, and the limit applies to all groups together', () => {
  expect(groupedReasons(files, 200)).toEqual([
    { reason: 'truncated', files: 2, paths: ['b.png', 'c.png'] },
    { reason: 'empty', files: 1, paths: ['a.png'] },
  ])
  expect(groupedReasons(files, 1).map(({ files: n, paths }) => [n, paths])).toEqual([
    [2, ['b.png']],
    [1, []],
  ])
})

test('the text has one line per file', () => {
  expect(reasonsText(files)).toBe('a.png\tempty\nb.png\ttruncated\nc.png\ttruncated')
})
