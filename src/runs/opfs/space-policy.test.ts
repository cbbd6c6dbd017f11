import { describe, expect, it } from 'vitest'
import type { ResumePoint } from '../../protocol/run-record.ts'
import { createFacts, droppedText, expendable, filesToDrop, type SpaceFacts } from './space-policy.ts'

const sealed = (file: string, bytes: number) => ({ file, bytes, sha256: '' })

/** A point of a run with 10 steps an epoch. */
const point = (step: number): ResumePoint => ({
  step,
  epoch: Math.floor(step / 10),
  batch: step % 10,
  weights: sealed(step % 10 === 0 ? `checkpoints/step-${step}` : `resume/step-${step}.weights`, 100),
  momentum: sealed(`resume/step-${step}.momentum`, 50),
  logs: { events: 0, units: 0 },
  checkpoint: '',
  savedStep: -1,
})

const facts = (
  points: readonly number[],
  checkpoints: readonly number[],
  probes: readonly number[] = [],
): SpaceFacts => ({
  checkpoints: checkpoints.map((step) => ({ file: `step-${step}`, step, bytes: 100 })),
  points: points.map(point),
  probes: new Set(probes),
  top1: new Map([
    [0, 0.1],
    [10, 0.5],
    [20, 0.9],
    [30, 0.9],
    [40, 0.6],
  ]),
})

const order = (of: SpaceFacts) => expendable(of).map(({ what, step }) => `${what} ${step}`)

describe('what a run gives up when storage runs short', () => {
  it('goes in a fixed order: points within epochs, momentum of earlier epochs, the newest point, checkpoints', () => {
    const all = facts([0, 10, 20, 23, 27], [0, 10, 20, 30, 40], [0, 40])
    expect(order(all)).toEqual(['point 23', 'momentum 0', 'momentum 10', 'point 27', 'checkpoint 10', 'checkpoint 30'])
  })

  it('never is the first, the last, the best or a probed checkpoint', () => {
    // 20 and 30 are equally good; the first of them is the best.
    expect(order(facts([], [0, 10, 20, 30, 40]))).toEqual(['checkpoint 10', 'checkpoint 30'])
    expect(order(facts([], [0, 10, 20, 30, 40], [0, 10, 20, 30, 40]))).toEqual([])
    expect(order(facts([], [10]))).toEqual([])
  })

  it.each([
    [[20, 30], ['momentum 20']],
    [[30], []],
    [[33], []],
    [[33, 36], ['point 33']],
    [[30, 36], ['point 36']],
  ])('never is the last resume point (%j)', (points, expected) => {
    const of = facts(points, [])
    expect(order(of)).toEqual(expected)
    const gone = new Set(expendable(of).flatMap(({ files }) => files))
    expect(of.points.some(({ weights, momentum }) => !gone.has(weights.file) && !gone.has(momentum?.file ?? ''))).toBe(
      true,
    )
  })

  it('never is the checkpoint of the resume point that remains', () => {
    expect(order(facts([10], [0, 10, 20, 30, 40]))).toEqual(['checkpoint 30'])
  })

  it('is as little as frees the space that is needed', () => {
    const of = facts([0, 10, 20, 23, 27], [0, 10, 20])
    expect(filesToDrop(of, 0)).toEqual([])
    expect(filesToDrop(of, 1)).toEqual([
      { what: 'point', step: 23, files: ['resume/step-23.weights', 'resume/step-23.momentum'], bytes: 150 },
    ])
    expect(filesToDrop(of, 151).map(({ files }) => files)).toEqual([
      ['resume/step-23.weights', 'resume/step-23.momentum'],
      ['resume/step-0.momentum'],
    ])
    expect(filesToDrop(of, 1e9)).toHaveLength(5)
  })

  it('is said in one sentence', () => {
    const of = facts([0, 10, 20, 23, 27], [0, 10, 20, 30], [])
    expect(droppedText(filesToDrop(of, 1e9))).toBe(
      'The browser’s storage is full, so this run removed 2 resume points within epochs, the momentum of 2 epochs, the checkpoints of the steps 10. Delete other runs or cached images to make room.',
    )
    expect(droppedText(filesToDrop(of, 1))).toMatch(/removed 1 resume point within an epoch\./)
  })

  it('follows from the events of the run', () => {
    const grown = createFacts()
    grown.add({ type: 'checkpoint', step: 10, epoch: 1, file: 'epoch-0001.safetensors', bytes: 7, time: 0 })
    grown.add({
      type: 'evaluation',
      step: 10,
      epoch: 1,
      split: 'validation',
      images: 1,
      loss: 1,
      crossEntropy: 1,
      top1: 0.5,
      top5: 1,
      time: 0,
    })
    expect(grown.checkpoints.map(({ file }) => file)).toEqual(['epoch-0001.safetensors'])
    expect([...grown.top1]).toEqual([[10, 0.5]])
    grown.drop(new Set(['checkpoints/epoch-0001.safetensors']))
    expect(grown.checkpoints).toEqual([])
  })
})
