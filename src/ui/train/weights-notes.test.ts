import { describe, expect, it } from 'vitest'
import { defaultConfig } from '../../config/config.ts'
import type { WeightsPart } from '../../protocol/weights-report.ts'
import { weightsNotes } from './weights-notes.ts'

const { model } = defaultConfig()
const classes = ['a', 'b', 'c'].map((id) => ({ id, name: id }))
const part: WeightsPart = {
  prefix: '',
  dtypes: ['F32'],
  model: { ...model, classes: 3 },
  classes: ['a', 'b', 'c'],
}
const notes = (changes: Partial<WeightsPart> = {}, fresh = false, of = classes) =>
  weightsNotes({ ...part, ...changes }, fresh, model, of)

describe('notes on chosen weights', () => {
  it('name another model, and offer to use it', () => {
    const other = { ...model, blocks: [9, 9, 9, 9], width: 3, classes: 3 }
    expect(notes({ model: other })[0]).toMatchObject({
      tone: 'warning',
      cure: 'model',
      text: expect.stringContaining('blocks 9,9,9,9, width 3'),
    })
    expect(notes({ model: null })).toEqual([expect.objectContaining({ tone: 'warning' })])
  })

  it('say how the rows of the classifier are used', () => {
    expect(notes()).toEqual([expect.objectContaining({ tone: 'quiet', text: expect.stringContaining('same order') })])
    expect(notes({ classes: ['c', 'a', 'b'] })[0]).toMatchObject({
      tone: 'quiet',
      text: expect.stringContaining('class 0 is a here and c in the file'),
    })
    expect(notes({ classes: null })[0]).toMatchObject({ tone: 'warning', text: expect.stringMatching(/does not say/) })
  })

  it('offer a fresh classifier for other classes, and are silent once it is on', () => {
    for (const changes of [
      { classes: ['a', 'b', 'x'] },
      { model: { ...model, classes: 1000 }, classes: null },
      { model: { ...model, classes: null }, classes: null },
    ]) {
      expect(notes(changes)).toEqual([expect.objectContaining({ tone: 'warning', cure: 'fresh' })])
      expect(notes(changes, true)).toEqual([])
    }
    expect(notes({ classes: ['a', 'b', 'x'] })[0].text).toMatch(
      /^The file is for other classes \(it lacks \w; it has x besides\)\.$/,
    )
    expect(notes({ classes: ['x', 'y', 'z'] }, false, [])).toEqual([])
  })
})
