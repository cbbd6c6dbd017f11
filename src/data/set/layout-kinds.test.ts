import { describe, expect, it } from 'vitest'
import { countsOf, once, paths, read } from '../../testing/layout-reading.ts'

describe('domains of the same classes', () => {
  it('are classes with a note, and their splits are several datasets, although one is called photo', async () => {
    for (const photo of ['photo', 'photos', 'picture']) {
      const found = await read(paths(`{${photo},sketch,cartoon}/{cat,dog}/{1,2}.png`))
      expect(countsOf(found)).toEqual({ [`train ${photo}`]: 4, 'train sketch': 4, 'train cartoon': 4 })
      expect(found.report.ambiguous).toBe(true)
      expect(found.report.alternatives).toContainEqual({
        layout: 'groups/classes',
        classes: 2,
        examples: ['cat', 'dog'],
      })
      await expect(read(paths(`{${photo},sketch}/{train,val}/{cat,dog}/{1,2}.png`))).rejects.toThrow(
        /2 folders hold training and validation images each/,
      )
    }
  })
})

describe('masks beside the images of a class', () => {
  it.each([
    ['{COVID,Normal}/{images,masks}/{1,2}.png', 'classes', ''],
    ['{train,test}/{COVID,Normal}/{images,masks}/{1,2}.png', 'splits/classes', 'train/'],
    ['set/{COVID,Normal}/{img,ground_truth,overlays}/{1,2}.png', 'classes', 'set/'],
  ] as const)('in %s are left out with a note', async (pattern, layout, above) => {
    const found = await read(paths(pattern))
    const splits = layout === 'classes' ? ['train'] : ['train', 'val']
    expect(countsOf(found)).toEqual(
      Object.fromEntries(splits.flatMap((split) => ['COVID', 'Normal'].map((id) => [`${split} ${id}`, 2]))),
    )
    expect(found.train.every(({ entry }) => /\/ima?ge?s?\//.test(entry.path))).toBe(true)
    expect(found.notes[0]).toMatch(
      new RegExp(`^Folders of masks or annotations inside class folders are left out, for example ${above}COVID/`),
    )
    expect(found.report).toMatchObject({ found: layout, ambiguous: true })
    const all = found.train.length * (pattern.includes('overlays') ? 3 : 2)
    expect((await read(paths(pattern), layout)).train).toHaveLength(all)
  })

  it('in some classes only are left out there', async () => {
    const found = await read(paths('{COVID,Normal}/images/{1,2}.png', 'COVID/masks/{1,2}.png'))
    expect(countsOf(found)).toEqual(once('COVID', 'Normal'))
  })

  it('or alone are classes and images like others', async () => {
    expect(countsOf(await read(paths('{masks,faces}/{1,2}.png')))).toEqual(once('masks', 'faces'))
    expect(countsOf(await read(paths('{cat,dog}/{masks,faces}/{1}.png')))).toEqual(once('cat', 'dog'))
    expect(countsOf(await read(paths('{cat,dog}/masks/{1,2}.png')))).toEqual(once('cat', 'dog'))
  })
})

describe('files that are not read', () => {
  it('of other kinds of images are named, with the class that they would have been', async () => {
    const found = await read(paths('train/{cat,dog}/{1,2}.png', 'train/fox/{1,2}.tif', 'train/cat/3.HEIC'))
    expect(countsOf(found)).toEqual(once('cat', 'dog'))
    expect(found.notes[0]).toBe(
      '3 images are of kinds that the lab does not read (.heic, .tif), for example train/fox/1.tif; convert them to PNG or JPEG. The folder train/fox holds no other images, so it is no class.',
    )
    await expect(read(paths('{cat,dog}/{1,2}.tif'))).rejects.toThrow(
      'no images in set that the lab reads: 4 are of other kinds (.tif), for example cat/1.tif; convert them to PNG or JPEG',
    )
    await expect(read(paths('{cat,dog}/{1,2}'))).rejects.toThrow(/Names of images end in \.jpg, /)
  })

  it('apart from other names of JPEG, PNG and BMP, which are read', async () => {
    const found = await read(['cat/1.jfif', 'cat/2.JPE', 'dog/1.apng', 'dog/2.dib'])
    expect(countsOf(found)).toEqual(once('cat', 'dog'))
  })
})
