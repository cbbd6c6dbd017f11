import { describe, expect, test } from 'vitest'
import type { Run } from '../../runs/reduce.ts'
import { type Toured, tourSteps } from './steps.ts'

type Values = readonly [selectivity: number, floor: number]

const rest = { units: 4, lower: 0, upper: 1, floorLower: 0, floorUpper: 1, dead: 0 }

/** A run with a probe at every tenth step, an epoch each; `modules` has the values of each module over the probes. */
function runOf(modules: Readonly<Record<string, readonly Values[]>>, top1: readonly number[] = []): Toured {
  const probes = Object.values(modules)[0].map((_, i): Run['probes'][number] => ({
    type: 'probe',
    step: 10 * i,
    epoch: i,
    images: 6,
    network: { selectivity: 0, floor: 0 },
    modules: Object.entries(modules).map(([module, values]) => ({
      module,
      ...rest,
      selectivity: values[i][0],
      floor: values[i][1],
    })),
    sites: [],
    units: null,
    time: i,
  }))
  const evaluations = top1.map((share, i): Run['evaluations'][number] => ({
    ...{ type: 'evaluation', split: 'validation', step: 10 * i, epoch: i, images: 6, time: i },
    ...{ loss: 1, crossEntropy: 1, top1: share, top5: 1 },
  }))
  return { probes, evaluations, start: null }
}

const textOf = (run: Toured) => tourSteps(run).map(({ texts }) => texts.join(' '))

const told = runOf(
  {
    layer1: [
      [0.3, 0.1],
      [0.35, 0.12],
      [0.31, 0.11],
    ],
    layer2: [
      [0.28, 0.14],
      [0.48, 0.18],
      [0.4, 0.13],
    ],
    layer4: [
      [0.41, 0.3],
      [0.5, 0.28],
      [0.6, 0.2],
    ],
  },
  [0.01, 0.086, 0.231],
)

describe('the steps of the tour', () => {
  test('tell of the module with the largest rise and recession, in numbers of the run', () => {
    const [begin, rise, fall, floor] = textOf(told)
    expect(begin).toContain('begin at .28 to .41')
    expect(rise).toContain('layer2 goes from .28 to .48 by epoch 1. layer1 and layer4 rise too.')
    expect(rise).toContain('9 % of the validation images')
    expect(fall).toContain('layer2 falls from .48 to .40 by epoch 2. layer1 recedes too. layer4 does not.')
    expect(fall).toContain('accuracy grows from 9 % to 23 %')
    expect(floor).toContain('For layer2 at its peak it is .18 of .48.')
    expect(floor).toContain('it is .30 at the peak and .27 at the end. So chance does not explain the recession.')
  })

  test('go from the beginning to the peak, to the end, back to the peak and to the end', () => {
    expect(tourSteps(told).map(({ moment, plays }) => [moment, plays])).toEqual([
      [0, false],
      [10, true],
      [null, true],
      [10, false],
      [null, false],
    ])
  })

  test('say so where a run neither rises nor recedes', () => {
    const flat: Values = [0.3, 0.1]
    const [, rise, fall] = textOf(runOf({ layer1: [flat, flat, flat] }))
    expect(rise).toBe('In this run no module becomes more selective: layer1 begins at .30.')
    expect(fall).toBe('In this run layer1 keeps its selectivity: it ends at .30.')
  })

  test('do not call a recession more than chance where its floor falls as much', () => {
    const text = textOf(
      runOf({
        layer1: [
          [0.3, 0.1],
          [0.5, 0.25],
          [0.4, 0.15],
        ],
      }),
    )
    expect(text[3]).toContain('So the part above chance does not recede.')
    expect(text[2]).toBe('Then selectivity recedes: layer1 falls from .50 to .40 by epoch 2.')
  })

  test('are none for a run without probes', () => {
    expect(tourSteps({ probes: [], evaluations: [], start: null })).toEqual([])
  })
})
