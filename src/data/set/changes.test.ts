import { describe, expect, it } from 'vitest'
import { comparesContents } from '../../data-identity.ts'
import { report } from '../../testing/events.ts'
import { changesBetween } from './changes.ts'

const { classes, images } = report
const now = { ...report, fingerprint: 'list', contents: 'bytes' }
const recorded = { source: 'set', fingerprint: 'list', contents: 'bytes', images, classes }

describe('changes of a dataset since a run', () => {
  it('are none for the same list and contents', () => {
    expect(changesBetween(recorded, now)).toBe(null)
  })

  it('are none if only unused files differ: the contents of the images are the same', () => {
    expect(changesBetween({ ...recorded, fingerprint: 'other' }, now)).toBe(null)
  })

  it('are other contents under the same names and sizes', () => {
    expect(changesBetween(recorded, { ...now, contents: 'others' })).toEqual({
      kind: 'contents',
      text: expect.stringMatching(/same names and sizes have other contents/),
    })
  })

  it('are other names or sizes, if the numbers of images are the same', () => {
    const changed = { ...now, contents: 'others', fingerprint: 'others' }
    expect(changesBetween(recorded, changed)).toMatchObject({ kind: 'list', text: /paths or sizes/ })
  })

  it('name missing classes and other numbers of images', () => {
    const fewer = {
      ...now,
      contents: 'x',
      fingerprint: 'x',
      classes: classes.slice(1),
      images: { train: 20, validation: 6 },
    }
    expect(changesBetween(recorded, fewer)?.text).toBe('class cat is missing; 20 training images instead of 30')
    const none = { ...fewer, classes: [], images }
    expect(changesBetween(recorded, none)?.text).toBe('3 classes are missing: cat, dog, fox')
  })

  it('are another split of the same files', () => {
    const split = { ...now, images: { train: 33, validation: 3 } }
    expect(changesBetween(recorded, split)).toEqual({
      kind: 'list',
      text: '33 training images instead of 30; 3 validation images instead of 6',
    })
  })

  it('are compared by the list alone if the contents are unknown then or now', () => {
    const { contents: _, images: __, ...old } = recorded
    for (const record of [old, { ...recorded, contents: null }]) {
      expect(comparesContents(record, now)).toBe(false)
      expect(changesBetween(record, now)).toBe(null)
      expect(changesBetween(record, { ...now, fingerprint: 'x' })).toMatchObject({ kind: 'list' })
    }
    const unread = { ...now, contents: null }
    expect(comparesContents(recorded, unread)).toBe(false)
    expect(changesBetween(recorded, unread)).toBe(null)
    expect(changesBetween(recorded, { ...unread, fingerprint: 'x' })).toMatchObject({ kind: 'list' })
  })

  it('do not include classes that the run had not chosen', () => {
    expect(changesBetween({ ...recorded, classes: classes.slice(0, 2) }, now)).toBe(null)
  })
})
