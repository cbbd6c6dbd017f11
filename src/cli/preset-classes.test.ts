import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { presetNamed } from '../config/presets.ts'
import { withPresetClasses } from './preset-classes.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-classes-'))
afterAll(() => rmSync(home, { recursive: true }))

/** A folder with classes of two images each; their content is not read. */
function folderOf(classes: number): string {
  const folder = join(home, `of-${classes}`)
  for (let i = 0; i < classes; i++) {
    const own = join(folder, `c${1000 + i}`)
    mkdirSync(own, { recursive: true })
    for (const name of ['a', 'b']) writeFileSync(join(own, `${name}.png`), `${i} ${name}`)
  }
  return folder
}

it('chooses the classes of a preset from a folder, says which, and keeps those that were chosen', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const preset = presetNamed('rise-and-recede-100')
  const base = { seed: 1, data: { ...preset?.config.data, source: folderOf(103) } }
  const chosen = await withPresetClasses(base, preset)
  expect(chosen.data.classes).toEqual(Array.from({ length: 100 }, (_, i) => `c${1000 + i}`))
  expect(said.mock.calls.join('')).toContain('100 of 103 classes are used')
  expect(await withPresetClasses(chosen, preset)).toBe(chosen)
  const few = { seed: 1, data: { source: folderOf(3) } }
  expect((await withPresetClasses(few, preset)).data).toMatchObject({ classes: null })
  expect(said.mock.calls.join('')).toContain('All 3 classes are used, fewer than the 100 of the preset')
  expect(await withPresetClasses(few, presetNamed('small'))).toBe(few)
  said.mockRestore()
})
