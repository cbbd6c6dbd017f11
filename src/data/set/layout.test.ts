import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LayoutName, layouts } from '../../config/layout.ts'
import { both, countsOf, entryOf, once, paths, read } from '../../testing/layout-reading.ts'
import { type Layout, layoutOf } from './tree.ts'

const known: readonly (readonly [string, readonly string[], Record<string, number>])[] = [
  [
    'images beside masks of the same classes',
    paths('set/{images,segmentations}/{cat,dog}/{1,2}.png'),
    once('cat', 'dog'),
  ],
  [
    'validation folders called after the training folder',
    paths('{rps,rps-test-set}/{paper,rock}/{1,2}.png', 'rps-validation/{1,2}.png'),
    both('paper', 'rock'),
  ],
  [
    'a validation folder called after the training folder',
    paths('{horse-or-human,validation-horse-or-human}/{horses,humans}/{1,2}.png'),
    both('horses', 'humans'),
  ],
  ['images and test_images', paths('{images,test_images}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['classes of which one is called after another', paths('{tube,test_tube}/{1,2}.png'), once('test_tube', 'tube')],
  ['images and masks inside splits', paths('{train,val}/{images,masks}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'a copy of all classes beside them',
    paths('cell_images/{cat,dog}/{1,2}.png', 'cell_images/cell_images/{cat,dog}/{1,2}.png'),
    once('cat', 'dog'),
  ],
  ['train and val', paths('{train,val}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['names in capitals', paths('{TRAIN,Valid}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['dev and training', paths('{training,dev}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['a suffix', paths('{training_set,test_set}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['a prefix', paths('{images_train,images_val}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['a prefix and a holdout', paths('{cars_train,cars_holdout}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['years', paths('{train2017,val2017}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['compounds', paths('{trainset,valset}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['words without separators', paths('{TrainImages,TestImages}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['eval', paths('{my-train,my-eval}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['parts', paths('train.X{1,2}/{cat,dog}/1.png', 'val.X/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'parts with a class each',
    paths('train.X1/cat/{1,2}.png', 'train.X2/dog/{1,2}.png', 'val.X/{cat,dog}/{1,2}.png'),
    both('cat', 'dog'),
  ],
  ['parts inside', paths('train/train-{0,1}/{cat,dog}/1.png', 'val/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'doubled folders',
    paths(
      'seg_train/seg_train/{cat,dog}/{1,2}.png',
      'seg_test/seg_test/{cat,dog}/{1,2}.png',
      'seg_pred/seg_pred/{1,2}.png',
    ),
    both('cat', 'dog'),
  ],
  [
    'unpacked archives',
    paths('train_archive/train/{cat,dog}/{1,2}.png', 'test_archive/test/{cat,dog}/{1,2}.png'),
    both('cat', 'dog'),
  ],
  ['a folder around classes', paths('{train,val}/images/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'a repository',
    paths('repo-main/data/images/{train,val}/{cat,dog}/{1,2}.png', 'repo-main/docs/{1,2,3}.png', 'repo-main/logo.png'),
    both('cat', 'dog'),
  ],
  ['an outer folder called like a split', paths('training/{train,val}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  ['splits below classes', paths('{cat,dog}/{train,val}/{1,2}.png'), both('cat', 'dog')],
  ['splits below a class called train', paths('set/{bus,train}/{train,test}/{1,2}.png'), both('bus', 'train')],
  [
    'classes whose names share words with splits',
    paths('{train_station,test_tube,bakery}/{1,2}.png'),
    once('bakery', 'test_tube', 'train_station'),
  ],
  ['a class called train', paths('{bus,car,train,truck}/{1,2}.png'), once('bus', 'car', 'train', 'truck')],
  ['classes called train and test', paths('{bus,test,train}/{1,2}.png'), once('bus', 'test', 'train')],
  ['two classes, one called val', paths('{cat,val}/{1,2}.png'), once('cat', 'val')],
  ['a class called train in splits', paths('{train,val}/{bus,train}/{1,2}.png'), both('bus', 'train')],
  [
    'Tiny ImageNet',
    paths('train/{n01,n02}/images/{1,2}.png', 'val/{n01,n02}/images/{1,2}.png', 'test/images/{1,2}.png'),
    both('n01', 'n02'),
  ],
  ['classes only, in a repository', paths('repo/data/{cat,dog}/{1,2}.png', 'repo/docs/{1,2}.png'), once('cat', 'dog')],
  [
    'Chest X-Ray, packed twice',
    paths('chest/{train,val}/{cat,dog}/{1,2}.png', 'chest/chest/{train,val}/{cat,dog}/{1,2}.png'),
    both('cat', 'dog'),
  ],
  [
    'a further test folder',
    paths('fruits/{Training,Test}/{cat,dog}/{1,2}.png', 'fruits/test-multiple_fruits/{1,2}.png'),
    both('cat', 'dog'),
  ],
  [
    'splits inside class names',
    paths('cat/cat_{train,val}/{1,2}.png', 'dog/dog_{train,val}/{1,2}.png'),
    both('cat', 'dog'),
  ],
  ['masks beside images', paths('{images,masks}/{cat,dog}/{1,2}.png'), once('cat', 'dog')],
  ['masks beside images, in splits', paths('{images,masks}/{train,val}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'numbered shards',
    paths('train-0000{0,1}-of-00002/{cat,dog}/1.png', 'validation-00000-of-00001/{cat,dog}/{1,2}.png'),
    both('cat', 'dog'),
  ],
  ['TRAIN_1 and TEST_1', paths('{TRAIN_1,TEST_1}/{cat,dog}/{1,2}.png'), both('cat', 'dog')],
  [
    'classes called like their split',
    paths('{train,val}/{train_blue,train_red}/{1,2}.png'),
    both('train_blue', 'train_red'),
  ],
  [
    'plots of the training beside the data',
    paths('data/{cat,dog}/{1,2}.png', 'training/{plots,logs}/1.png'),
    once('cat', 'dog'),
  ],
  ['valid and invalid', paths('{valid,invalid}/{1,2}.png'), once('invalid', 'valid')],
  [
    'a test suite beside the data',
    paths('repo/data/{train,val}/{cat,dog}/{1,2}.png', 'repo/test/fixtures/1.png'),
    both('cat', 'dog'),
  ],
  [
    'unlabeled images beside training images',
    paths('train/{cat,dog}/{1,2}.png', 'unlabeled/{1,2}.png'),
    once('cat', 'dog'),
  ],
  ['train only', paths('train/{cat,dog}/{1,2}.png'), once('cat', 'dog')],
  ['test only', paths('set/test/{cat,dog}/{1,2}.png'), once('cat', 'dog')],
  ['groups by letter', paths('a/{abbey,alley}/{1,2}.png', 'b/barn/{1,2}.png'), once('abbey', 'alley', 'barn')],
  [
    'groups by letter in splits, of other depths',
    paths('{train,val}/a/abbey/{1,2}.png', '{train,val}/c/church/{indoor,outdoor}/{1,2}.png'),
    both('abbey', 'church/indoor', 'church/outdoor'),
  ],
  ['several folders in a class', paths('{cat,dog}/{indoor,outdoor}/1.png'), once('cat', 'dog')],
]

describe('folders are read as their names and places tell', () => {
  it.each(known)('%s', async (_, files, expected) => {
    expect(countsOf(await read(files))).toEqual(expected)
  })
})

describe('the report', () => {
  it('names the folders of the splits and the layout that was found', async () => {
    const { report, notes } = await read(paths('my/train.X{1,2}/{cat,dog}/1.png', 'my/val.X/{cat,dog}/1.png'))
    expect(report).toMatchObject({ chosen: 'auto', found: 'splits/classes', ambiguous: false })
    expect(report.text).toBe(
      'training images in train.X1, train.X2; validation images in val.X; each folder inside is a class (below my)',
    )
    expect(notes).toEqual([])
  })

  it('says when test images are held out, and when they are not used', async () => {
    const three = await read(paths('{train,val,test}/{cat,dog}/1.png'))
    expect(three.notes).toEqual(['2 images of the test folder are not used.'])
    const two = await read(paths('set/seg_{train,test}/{cat,dog}/1.png'))
    expect(two.notes).toEqual([
      'The images of the seg_test folder are the validation images, because no validation split has images.',
    ])
    const unlabeled = await read(paths('train/{cat,dog}/1.png', 'test/{1,2}.png'))
    expect(unlabeled.validation).toBeNull()
    expect(unlabeled.notes).toEqual(['2 images of the test folder are not used. They have no labels.'])
    expect((await read(paths('valid/{cat,dog}/1.png'))).notes).toEqual([
      'There are validation images only, so some of each class are held out.',
    ])
  })

  it('says that a folder with the name of a split is a class', async () => {
    expect((await read(paths('{bus,car,train}/1.png'))).notes).toEqual([
      'The folder train is read as a class, because the folders beside it are classes.',
    ])
  })

  it.each<[string, string[], RegExp, LayoutName[]]>([
    [
      'groups by letter',
      paths('a/{abbey,alley}/1.png', 'b/barn/1.png'),
      /grouped by first letter, for example a;/,
      ['classes', 'paths'],
    ],
    [
      'breeds and individuals',
      paths('poodle/{ada,bob}/1.png', 'boxer/{cid,dot}/1.png'),
      /Class folders hold several folders .* count as one class, for example boxer\./,
      ['groups/classes', 'paths'],
    ],
    [
      'individuals inside splits',
      paths('train/{poodle,boxer}/{ada,bob}/1.png'),
      /for example boxer \(train\/boxer\)/,
      ['classes', 'groups/classes', 'paths'],
    ],
    [
      'folders beside images of a class',
      paths('cat/1.png', 'cat/{young,old}/1.png', 'dog/1.png'),
      /for example cat\./,
      ['groups/classes', 'deepest', 'paths'],
    ],
  ])('names the other layouts of %s', async (_, files, note, others) => {
    const { report, notes } = await read(files)
    expect(report.ambiguous).toBe(true)
    expect(notes[0]).toMatch(note)
    expect(report.alternatives.map(({ layout }) => layout)).toEqual(others)
    for (const { layout, classes } of report.alternatives) {
      const { train } = await read(files, layout)
      expect(new Set(train.map(({ classId }) => classId)).size).toBe(classes)
    }
  })
})

describe('a chosen layout', () => {
  const tree = paths('{train,val}/{cat,dog}/{young,old}/{1,2}.png')
  it.each<[LayoutName, string[], number]>([
    ['auto', ['cat', 'dog'], 8],
    ['classes', ['train', 'val'], 0],
    ['splits/classes', ['cat', 'dog'], 8],
    ['groups/classes', ['old', 'young'], 8],
    ['deepest', ['old', 'young'], 8],
    ['paths', ['cat/old', 'cat/young', 'dog/old', 'dog/young'], 8],
  ])('%s', async (layout, classes, validation) => {
    const found = await read(tree, layout)
    expect([...new Set(found.train.map(({ classId }) => classId))].sort()).toEqual(classes)
    expect(found.validation?.length ?? 0).toBe(validation)
    expect(found.report.chosen).toBe(layout)
    expect(found.notes).toEqual(layout === 'auto' ? [expect.stringMatching(/several folders of images/)] : [])
  })

  it('classes/splits', async () => {
    const files = paths('{cat,dog}/{train,val}/{1,2}.png', 'fox/train/{1,2}.png')
    expect(countsOf(await read(files, 'classes/splits'))).toEqual({ ...both('cat', 'dog'), 'train fox': 2 })
  })

  it('that the folders do not have is refused', async () => {
    await expect(read(paths('{cat,dog}/1.png'), 'splits/classes')).rejects.toThrow(
      'set cannot be read as splits/classes: no folder has the name of a split, as in SET/train/cat/1.png; choose another layout',
    )
    await expect(read(paths('{cat,dog}/1.png'), 'classes/splits')).rejects.toThrow(
      /no class folder holds folders of splits/,
    )
  })
})

describe('refused', () => {
  it.each([
    [
      'several datasets',
      paths('{one,two}/{train,val}/{cat,dog}/1.png'),
      /2 folders hold training and validation images each: one, two\. Open one of them, or choose the layout splits\/classes/,
    ],
    [
      'validation images alone',
      paths('{val,test}/{cat,dog}/1.png'),
      /there are validation and test images but no training images \(test, val\)\. Add them/,
    ],
    [
      'splits without classes',
      paths('{train,val}/{1,2}.png'),
      /2 images in set but no class folders \(for example train\/1\.png\)\..* If this folder is a class, choose the layout classes\./,
    ],
  ])('%s', async (_, files, message) => {
    await expect(read(files)).rejects.toThrow(message)
  })
})

describe('names in several Unicode forms', () => {
  const [composed, decomposed] = ['Äpfel', 'Äpfel'.normalize('NFD')]
  it('are one class', async () => {
    const files = paths(`train/${composed}/{1,2}.png`, `val/${decomposed}/{1,2}.png`, '{train,val}/Birnen/{1,2}.png')
    const found = await read(files)
    expect(countsOf(found)).toEqual(both(composed, 'Birnen'))
    const other = await read(files.map((path) => path.normalize('NFD')))
    expect(other.train.map(({ entry }) => entry.path)).toEqual(found.train.map(({ entry }) => entry.path))
  })

  it('and files of one name in two forms are two images, with a note', async () => {
    const { train, notes } = await read([`a/${composed}.png`, `a/${decomposed}.png`, 'b/1.png'])
    expect(new Set(train.map(({ entry }) => entry.path)).size).toBe(3)
    expect(notes).toEqual([
      `One file has the name of another file in another Unicode form, for example a/${composed}.png. All are read, as different images of one class.`,
    ])
  })

  it('and folders of one name in two forms are one class', async () => {
    const files = [`train/${composed}/1.png`, `train/${decomposed}/1.png`, `train/${decomposed}/2.png`, 'train/b/1.png']
    const found = await read([...files, ...files.map((path) => path.replace('train', 'val'))])
    expect(countsOf(found)).toEqual({ [`train ${composed}`]: 3, 'train b': 1, [`val ${composed}`]: 3, 'val b': 1 })
    expect(new Set(found.train.map(({ entry }) => entry.path)).size).toBe(4)
    expect(found.notes[0]).toMatch(/^2 files have the name of another file in another Unicode form/)
  })

  it('are one file for a list of labels, and one class in it', async () => {
    const files = ['train/Ä/1.png', 'train/O/1.png', 'val/ö1.png', 'val/ö2.png'].map((path) =>
      entryOf(path.normalize('NFD')),
    )
    const list = entryOf('val_labels.txt', 'ö1.png Ä\nö2.png O\n')
    expect(countsOf(await layoutOf([...files, list], 'set'))).toEqual({
      'train Ä': 1,
      'train O': 1,
      'val Ä': 1,
      'val O': 1,
    })
  })
})

/** Names of splits that belong together. */
const splitNames = fc.constantFrom(
  ...[
    ['train', 'val'],
    ['Training', 'Validation'],
    ['train', 'dev'],
    ['seg_train', 'seg_valid'],
    ['train.X1', 'val.X1'],
    ['images_train', 'images_holdout'],
    ['partial-train', 'partial-test'],
    ['training_set', 'evaluation_set'],
  ],
)
const classSets = fc.constantFrom(
  ['cat', 'dog'],
  ['0', '1', '10'],
  ['bus', 'train'],
  ['Äpfel', 'Birnen'],
  ['test_tube', 'train_station', 'x'],
)
const wrappers = fc.array(fc.constantFrom('data', 'repo-main', 'dataset', 'archive', 'My Set', 'öl', 'v2'), {
  maxLength: 3,
})
const noise = fc.subarray(['README.md', 'docs/a.png', 'docs/b/c.png', 'assets/logo.png', 'LICENSE', 'cover.png'])

interface Built {
  readonly kind: 'classes' | 'splits/classes' | 'classes/splits'
  readonly splits: readonly string[]
  readonly classes: readonly string[]
  readonly wrappers: readonly string[]
  readonly doubled: boolean
  readonly noise: readonly string[]
}

const trees = fc.record<Built>({
  kind: fc.constantFrom('classes', 'splits/classes', 'classes/splits'),
  splits: splitNames,
  classes: classSets,
  wrappers,
  doubled: fc.boolean(),
  noise,
})

/** Two images of each class, in each split. */
function pathsOf({ kind, splits: [train, val], classes, wrappers: outer, doubled }: Built): string[] {
  const inside = (split: string) => (doubled ? [split, split] : [split])
  const folders = classes.flatMap((id) => {
    if (kind === 'classes') return [[id]]
    return [train, val].map((split) => (kind === 'splits/classes' ? [...inside(split), id] : [id, ...inside(split)]))
  })
  return folders.flatMap((folder) => ['1.png', '2.png'].map((file) => [...outer, ...folder, file].join('/')))
}

const expectedOf = ({ kind, classes }: Built) => (kind === 'classes' ? once(...classes) : both(...classes))

describe('a tree of splits, classes, wrappers and noise', () => {
  it('is read as it was built', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (built) => {
        // Pictures around the data need a folder that holds the data alone.
        const outer = built.noise.length > 0 ? ['repository', 'data', ...built.wrappers] : built.wrappers
        const files = pathsOf({ ...built, wrappers: outer })
        const found = await read([...files, ...built.noise.map((path) => `repository/${path}`)])
        expect(countsOf(found)).toEqual(expectedOf(built))
        expect(found.report.found).toBe(built.kind)
      }),
      { numRuns: 300 },
    )
  })

  it('is the same under other wrappers, and in any order of its files', async () => {
    await fc.assert(
      fc.asyncProperty(trees, wrappers, fc.integer(), async (built, others, seed) => {
        const one = await read(pathsOf(built))
        const shuffled = fc.sample(
          fc.shuffledSubarray(pathsOf({ ...built, wrappers: others }), { minLength: pathsOf(built).length }),
          { seed, numRuns: 1 },
        )[0]
        const other = await read(shuffled)
        const listed = ({ train, validation }: Layout) =>
          [train, validation ?? []].map((images) =>
            images.map(({ entry, classId }) => `${entry.path} ${classId}`).sort(),
          )
        expect(listed(other)).toEqual(listed(one))
      }),
      { numRuns: 200 },
    )
  })

  it('of any names is read or refused, by every layout', async () => {
    const name = fc.constantFrom('a', 'b', 'train', 'val', 'test_x', 'images', 'docs', 'Ä', 'n01')
    const path = fc.array(name, { maxLength: 4 }).map((folders) => [...folders, '1.png'].join('/'))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(path, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...layouts),
        async (files, layout) => {
          const found = await read(files, layout).catch((error) => error as Error)
          if (found instanceof Error) {
            expect(found.name).toBe('DataError')
            return
          }
          const used = new Set([...found.train, ...(found.validation ?? [])].map(({ entry }) => entry))
          expect(used.size).toBe(found.train.length + (found.validation?.length ?? 0))
          if (used.size < files.length) expect(found.notes.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 500 },
    )
  })
})
