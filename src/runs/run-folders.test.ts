import { expect, test } from 'vitest'
import { runFolders } from './run-folders.ts'

test('folder names work on every system and differ from one another', () => {
  const names = ['none/seed-1', 'None/seed-1', '../a', 'b:c\\d', 'e. ', '/f']
  expect(runFolders(names)).toEqual(['none/seed-1', '(2) None/seed-1', '-/a', 'b-c-d', 'e-', '-/f'])
})
