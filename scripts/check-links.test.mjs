import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { anchorsOf, brokenLinks, targetsOf } from './check-links.mjs'

const home = mkdtempSync(join(tmpdir(), 'lab-links-'))
afterAll(() => rmSync(home, { recursive: true }))

it('finds links, images and definitions, and nothing in code', () => {
  const text =
    '[a](a.md) ![b](b.png)\n\n[c][d]\n\n[d]: d.md\n\n`[e](e.md)`\n\n    [f](f.md)\n\n| [g](g.md) |\n| --- |\n'
  expect(targetsOf(text)).toEqual(['a.md', 'b.png', 'd.md', 'g.md'])
})

it('gives headings the anchors of GitHub', () => {
  expect([...anchorsOf('# One\n\n## `two` words: α\n\n# One\n')]).toEqual(['one', 'two-words-α', 'one-1'])
})

it('reports files and headings that do not exist', () => {
  const [one, two] = ['one.md', 'two.md'].map((name) => join(home, name))
  writeFileSync(one, '# One\n[a](two.md#two) [b](#one) [c](gone.md) [d](two.md#three) [e](https://example.org/x)\n')
  writeFileSync(two, '# Two\n![f](../picture.png)\n')
  expect(brokenLinks([one, two])).toEqual([
    `${one}: gone.md: no such file`,
    `${one}: two.md#three: no such heading`,
    `${two}: ../picture.png: no such file`,
  ])
})
