import { describe, expect, it } from 'vitest'
import { entryOf } from '../../testing/layout-reading.ts'
import { layoutOf } from './tree.ts'

/** The classes of the validation images, and the notes. */
async function labelsOf(classes: readonly string[], images: readonly string[], list: string, name = 'val_labels.txt') {
  const paths = [...classes.flatMap((id) => [`train/${id}/1.png`, `train/${id}/2.png`]), ...images]
  const files = [...paths.map((path) => entryOf(path)), entryOf(name, list)]
  const { validation, notes } = await layoutOf(files, 'set')
  return { labels: Object.fromEntries((validation ?? []).map(({ entry, classId }) => [entry.path, classId])), notes }
}

describe('a list of the classes of validation images', () => {
  it.each([
    ['spaces', 'a.png cat\nb.png dog\n'],
    ['tabs and a byte-order mark', '\ufeffa.png\tcat\r\nb.png\tdog\r\n'],
    ['a heading', 'file class\na.png cat\nb.png dog\n'],
    ['paths', 'val/a.png cat\n./set/val/b.png dog\n'],
    ['paths of Windows', 'val\\a.png cat\nC:\\data\\val\\b.png dog\n'],
    ['commas', 'a.png,cat\nb.png, dog\n'],
    ['semicolons', 'a.png;cat\r\nb.png;dog\r\n'],
    ['quotes', '"a.png" "cat"\n"val/b.png","dog"\n'],
    ['more columns', 'a.png cat 3 4\nb.png\tdog\t3\t4\n'],
  ])('with %s', async (_, list) => {
    const { labels } = await labelsOf(['cat', 'dog'], ['val/a.png', 'val/b.png'], list)
    expect(labels).toEqual({ 'val/a.png': 'cat', 'val/b.png': 'dog' })
  })

  it('may be a table whose second column names classes, not numbers of classes', async () => {
    const table = (rows: string) => labelsOf(['cat', 'dog'], ['val/a.png', 'val/b.png'], rows, 'val_labels.csv')
    const { labels } = await table('file,label,box\na.png,cat,1\n"b.png","dog",0\n')
    expect(labels).toEqual({ 'val/a.png': 'cat', 'val/b.png': 'dog' })
    expect((await table('file,width\na.png,0\nb.png,1\n')).labels).toEqual({})
  })

  it('of classes alone is refused where files have one name', async () => {
    const images = ['val/p/a.png', 'val/p/b.png', 'val/q/a.png', 'val/q/b.png']
    const { labels, notes } = await labelsOf(['cat', 'dog'], images, 'cat\ndog\ndog\ncat\n')
    expect(labels).toEqual({})
    expect(notes.join(' ')).toMatch(
      'val_labels.txt lists classes in the order of file names, but several files are called a.png; list the class of each file with its path instead',
    )
  })

  it('whose files and classes have spaces in their names', async () => {
    const list = 'a 1.png golden retriever\na 2.png cat\nb.png golden retriever\n'
    const { labels } = await labelsOf(['golden retriever', 'cat'], ['val/a 1.png', 'val/a 2.png', 'val/b.png'], list)
    expect(labels).toEqual({
      'val/a 1.png': 'golden retriever',
      'val/a 2.png': 'cat',
      'val/b.png': 'golden retriever',
    })
  })

  it('tells files of one name by their folders', async () => {
    const images = ['val/p/a.png', 'val/p/b.png', 'val/q/a.png', 'val/q/b.png']
    const expected = { 'val/p/a.png': 'cat', 'val/p/b.png': 'dog', 'val/q/a.png': 'dog', 'val/q/b.png': 'dog' }
    for (const prefix of ['', 'val/', './my/val/', 'val\\']) {
      const list = ['p/a.png cat', 'p/b.png dog', 'q/a.png dog', 'q/b.png dog'].map((row) => prefix + row).join('\n')
      expect((await labelsOf(['cat', 'dog'], images, list)).labels).toEqual(expected)
    }
  })

  it('does not guess which of several files of one name it means', async () => {
    const images = ['val/p/a.png', 'val/q/a.png', 'val/p/b.png', 'val/p/c.png']
    const { labels, notes } = await labelsOf(['cat', 'dog'], images, 'a.png cat\nb.png dog\nc.png cat\n')
    expect(labels).toEqual({ 'val/p/b.png': 'dog', 'val/p/c.png': 'cat' })
    expect(notes.join(' ')).toMatch('2 images belong to no class and will not be used, for example val/p/a.png.')
  })

  it('leaves out files that it gives several classes', async () => {
    const { labels, notes } = await labelsOf(
      ['cat', 'dog'],
      ['val/a.png', 'val/b.png', 'val/c.png'],
      'a.png cat\nb.png dog\nc.png cat\na.png dog\nb.png dog\n',
    )
    expect(labels).toEqual({ 'val/b.png': 'dog', 'val/c.png': 'cat' })
    expect(notes.join(' ')).toMatch('One image belongs to no class and will not be used, for example val/a.png.')
  })
})
