import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { presetNamed } from '../config/presets.ts'
import { openImages, shareImages, splitOf } from './host.ts'
import { withPresetClasses } from './preset-classes.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-classes-'))
afterAll(() => rmSync(home, { recursive: true }))

const { signal } = new AbortController()

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
  const take = (input: typeof base, of = preset) => withPresetClasses(input, of, openImages, signal)
  const chosen = await take(base)
  expect(chosen.data.classes).toEqual(Array.from({ length: 100 }, (_, i) => `c${1000 + i}`))
  expect(said.mock.calls.join('')).toContain('100 of 103 classes are used')
  expect(await take(chosen)).toBe(chosen)
  const few = { seed: 1, data: { source: folderOf(3) } }
  expect((await take(few)).data).toMatchObject({ classes: null })
  expect(said.mock.calls.join('')).toContain('This dataset has 3 classes, not the 100 of the preset')
  expect(await take(few, presetNamed('small'))).toBe(few)
  said.mockRestore()
})

it('lists the dataset once for the classes and for the run, which may read all images, and can be stopped', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const preset = presetNamed('rise-and-recede-100')
  const base = { seed: 1, data: { ...preset?.config.data, source: folderOf(101) } }
  await using shared = shareImages()
  const chosen = parseConfig(await withPresetClasses(base, preset, shared.open, signal))
  const listed = await shared.open(chosen.data.source, splitOf(chosen), { signal })
  expect(listed.set.report.checked).toBe(0)
  expect(said.mock.calls.join('').match(/Dataset: 101 classes/g)).toHaveLength(1)
  // Nothing of these files can be read.
  const all = shared.open(chosen.data.source, splitOf(chosen), { signal, check: 'all', cache: false })
  await expect(all).rejects.toThrow('none of the 202 images')
  await expect(withPresetClasses(base, preset, openImages, AbortSignal.abort())).rejects.toThrow(/abort/i)
  said.mockRestore()
})
