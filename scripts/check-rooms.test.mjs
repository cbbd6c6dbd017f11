import { describe, expect, it } from 'vitest'
import { importsOf, violations } from './check-rooms.mjs'

/** The violations among these files, with a test that imports every file. */
const check = (files) => violations(new Map(Object.entries(files)), new Set(Object.keys(files)))

describe('the imports of a module', () => {
  it('include type-only, dynamic and worker imports', () => {
    const text = `
      import type { A } from './a.ts'
      import { type B } from './b.ts'
      export * from './c.ts'
      export type { D } from './d.ts'
      const e = () => import('./e.ts')
      type F = import('./f.ts').F
      const g = new Worker(new URL('./g.ts', import.meta.url))
      // import './comment.ts'
      const view = <p>{"import './text.ts'"}</p>`
    expect(importsOf('x.tsx', text).sort()).toEqual([
      './a.ts',
      './b.ts',
      './c.ts',
      './d.ts',
      './e.ts',
      './f.ts',
      './g.ts',
    ])
  })
})

describe('the import rules', () => {
  it.each([
    ['gpu/a.ts', 'train/b.ts', 'gpu may import shared rooms only'],
    ['measure/a.ts', 'data/b.ts', 'measure may import model, gpu'],
    ['train/a.ts', 'analysis/b.ts', 'train may import measure, model, gpu, data'],
    ['ui/charts/x/a.tsx', 'worker/client.ts', 'ui may import store, experiments, runs'],
    ['store/a.ts', 'worker/reading.ts', 'store may import experiments, runs'],
    ['worker/client.ts', 'worker/reading.ts', 'worker/client.ts may import shared rooms only'],
    ['worker/a.ts', 'data/node/b.ts', 'only cli and folders named node may import folders named node'],
    ['protocol/a.ts', 'runs/b.ts', 'protocol may import shared rooms only'],
    ['random.ts', 'runs/b.ts', 'files directly in src/ may import only shared rooms'],
    ['store/a.ts', 'store/testing.ts', 'only tests may import test helpers'],
    ['attic/a.ts', 'gpu/b.ts', 'unknown room: attic'],
  ])('refuse that %s imports %s', (from, to, reason) => {
    const up = '../'.repeat(from.split('/').length - 1) || './'
    const [found, ...more] = check({ [from]: `import type { X } from '${up}${to}'`, [to]: '' })
    expect(found).toContain(`src/${from} imports src/${to}: ${reason}`)
    expect(more).toEqual([])
  })

  it.each([
    ['ui/a.tsx', 'node:fs'],
    ['train/a.ts', 'react'],
    ['store/a.ts', 'recharts'],
    ['gpu/a.ts', 'zustand/vanilla'],
  ])('refuse that %s imports the package %s', (from, name) => {
    expect(check({ [from]: `import '${name}'` })).toHaveLength(1)
  })

  it.each([
    ['cli/a.ts', 'analysis/b.ts'],
    ['analysis/a.ts', 'train/b.ts'],
    ['store/a.ts', 'worker/client.ts'],
    ['experiments/a.ts', 'measure/statistics.ts'],
    ['ui/plot/a.tsx', 'message.ts'],
    ['gpu/a.test.ts', 'train/b.ts'],
    ['data/node/a.ts', 'data/node/b.ts'],
  ])('allow that %s imports %s', (from, to) => {
    const up = '../'.repeat(from.split('/').length - 1)
    expect(check({ [from]: `import '${up}${to}'`, [to]: '' })).toEqual([])
  })

  it('allow packages where they belong', () => {
    expect(
      check({ 'ui/a.tsx': "import 'react'", 'store/a.ts': "import 'react'", 'cli/a.ts': "import 'node:fs'" }),
    ).toEqual([])
  })

  it('report files that are missing or that nothing imports', () => {
    expect(
      violations(
        new Map([
          ['main.tsx', "import './gone.ts'"],
          ['ui/lost.ts', ''],
        ]),
      ),
    ).toEqual(['src/main.tsx imports src/gone.ts, which does not exist', 'src/ui/lost.ts is imported by nothing'])
  })
})
