import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { writeSafetensors } from '../model/safetensors.ts'
import type { CurvePointName, CurvesMeasurement, EffectsMeasurement } from '../protocol/measurement.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { openToyRun, toyCheckpoints } from '../testing/toy-run.ts'
import { measureCurves } from './curves.ts'
import { measure, type TableMeasurement } from './measure.ts'
import { openNetwork, withNetwork } from './open-run.ts'
import { profileUnits, unitProfile } from './profile.ts'
import { eachCheckpoint, type MeasuredRow, type Measuring } from './rows.ts'

const set = syntheticSet({ classes: 3, train: 2, validation: 5, size: 16 })
const checkpoints = toyCheckpoints
const [{ file }] = checkpoints

const curves: CurvesMeasurement = {
  ...{ kind: 'curves', checkpoints, mode: 'zero', modules: ['layer4'], orders: ['selective', 'random'] },
  ...{ draws: 2, points: 3, known: {} },
}
const effects: EffectsMeasurement = {
  ...{ kind: 'effects', checkpoints, mode: 'mean', known: {} },
  units: { modules: ['layer3'], sample: 8 },
}
const linearity: TableMeasurement = { kind: 'linearity', checkpoints }
const indices: TableMeasurement = { kind: 'indices', checkpoints, indices: ['selectivity', 'precision'] }

async function rowsOf(request: TableMeasurement): Promise<MeasuredRow[]> {
  await using run = await openToyRun(set)
  const rows: MeasuredRow[] = []
  for await (const row of measure(run, request)) rows.push(row)
  return rows
}

const columns = (rows: readonly MeasuredRow[], column: string) => new Set(rows.map(({ cells }) => cells[column]))

describe('a measurement', () => {
  it.each([
    ['curves', curves, 2 * 3 * 3],
    ['units', effects, 2 * 8],
    ['linearity', linearity, 2 * (1 + 2 * 4 + 2 * 3 * 25)],
    ['indices', indices, 2 * 2 * (32 + 64 + 128 + 256)],
  ] as const)('yields rows of %s, checkpoint by checkpoint', async (table, request, count) => {
    const rows = await rowsOf(request)
    expect(rows).toHaveLength(count)
    expect(new Set(rows.map((row) => row.table))).toEqual(new Set([table]))
    expect(rows.slice(0, count / 2).every(({ cells }) => cells.checkpoint === file && cells.epoch === 0)).toBe(true)
    expect([columns(rows, 'data'), columns(rows, 'checkpoint').size]).toEqual([new Set(['toy']), 2])
  })

  it('skips known points and units, and gives the same numbers for the others as one pass', async () => {
    const whole = await rowsOf(curves)
    const known = whole.slice(0, 4).map(({ cells }): CurvePointName => {
      const { module, order, draw, n } = cells
      return {
        module: String(module),
        order: order === 'random' ? order : 'selective',
        draw: Number(draw),
        n: Number(n),
      }
    })
    expect(await rowsOf({ ...curves, known: { [file]: known } })).toEqual(whole.slice(4))
    const all = await rowsOf(effects)
    const first = all.slice(0, 3).map(({ cells }) => Number(cells.unit))
    expect(await rowsOf({ ...effects, known: { [file]: { 'layer3.0': first } } })).toEqual(all.slice(3))
  })

  it('loads no network if all points are known', async () => {
    await using run = await openToyRun(set)
    const readCheckpoint = () => Promise.reject(new Error('the checkpoint is not needed'))
    const rows = measureCurves({ ...run, readCheckpoint }, checkpoints[0], curves, { known: () => true })
    expect(await rows.next()).toEqual({ done: true, value: undefined })
  })

  it.each([curves, effects, linearity, indices])(
    'ends when the signal is aborted and frees the GPU: $kind',
    async (request) => {
      await rowsOf(request)
      const { numTensors } = tf.memory()
      const controller = new AbortController()
      await using run = await openToyRun(set, { signal: controller.signal, batchSize: 2 })
      const shares: number[] = []
      const rows: Measuring = measure(run, request, (done) => {
        shares.push(done)
        // Indices report whole checkpoints only.
        if (done >= (request.kind === 'indices' ? 1 : 0.2)) controller.abort()
      })
      const all = async () => {
        for await (const _ of rows);
      }
      await expect(all()).rejects.toMatchObject({ name: 'AbortError' })
      expect(shares.every((share) => share < 2)).toBe(true)
      expect(tf.memory().numTensors).toBe(numTensors)
    },
  )

  it('frees the GPU if its reader stops early', async () => {
    await using run = await openToyRun(set)
    const { numTensors } = tf.memory()
    for await (const _ of measure(run, linearity)) break
    expect(tf.memory().numTensors).toBe(numTensors)
  })

  it('reports progress up to the number of checkpoints', async () => {
    await using run = await openToyRun(set)
    const reports: [number, number][] = []
    const rows = measure(run, { ...linearity, checkpoints }, (done, total) => reports.push([done, total]))
    for await (const _ of rows);
    expect(reports).toEqual([...reports].sort(([a], [b]) => a - b))
    expect([reports[0], reports.at(-1)]).toEqual([
      [0, 2],
      [2, 2],
    ])
  })
})

describe('an opened run', () => {
  it('closes its images, also if opening fails', async () => {
    let closed = 0
    const close = () => closed++
    await (await openToyRun(set, { close }))[Symbol.asyncDispose]()
    expect(closed).toBe(1)
    const check = () => Promise.reject(new Error('not prepared'))
    const unread = (i: number) => ({ path: `${i}.png`, hash: null, size: null, check })
    const unprepared = { ...set, validation: { ...set.validation, file: unread } }
    await expect(openToyRun(unprepared, { close })).rejects.toThrow('prepare the images')
    expect(closed).toBe(2)
  })

  it('frees a network after its work, and refuses weights that do not fit', async () => {
    await using run = await openToyRun(set)
    const { numTensors } = tf.memory()
    await expect(withNetwork(run, { file }, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    const other = { ...run, readCheckpoint: async () => new Uint8Array(8) }
    await expect(openNetwork(other, { file })).rejects.toThrow(
      `cannot use the checkpoint ${file}: not a safetensors file`,
    )
    const noTensors = writeSafetensors({ tensors: new Map(), metadata: {} })
    await expect(openNetwork({ ...run, readCheckpoint: async () => noTensors }, { file })).rejects.toThrow(
      `cannot use the checkpoint ${file}: missing tensor: conv1.weight`,
    )
    expect(tf.memory().numTensors).toBe(numTensors)
  })

  it('returns the results of its checkpoints in order', async () => {
    async function* one({ epoch }: { readonly epoch: number }): Measuring<number> {
      yield { table: 'indices', cells: { epoch } }
      return 10 * epoch
    }
    const rows = eachCheckpoint({ signal: new AbortController().signal }, checkpoints, one)
    const epochs: unknown[] = []
    let next = await rows.next()
    for (; !next.done; next = await rows.next()) epochs.push(next.value.cells.epoch)
    expect([epochs, next.value]).toEqual([
      [0, 1],
      [0, 10],
    ])
  })
})

describe('a profile', () => {
  it('has the images that activate a unit most, also after the run has been closed', async () => {
    const { signal } = new AbortController()
    const profiled = await (async () => {
      await using run = await openToyRun(set)
      return await profileUnits(run, checkpoints[0], 3)
    })()
    const profiles = await Promise.all([0, 1, 2, 3].map((unit) => unitProfile(profiled, 'layer2.0', unit, signal)))
    for (const { top, tuning, preferredClass, dead, checkpoint } of profiles) {
      expect(checkpoint).toBe(file)
      expect(tuning[preferredClass]).toBe(Math.max(...tuning))
      expect(top.length).toBe(dead ? 0 : Math.min(3, top.length))
      expect(top.map(({ activation }) => activation)).toEqual(
        top.map(({ activation }) => activation).sort((a, b) => b - a),
      )
      for (const { sample } of top) expect(sample.width).toBe(16)
    }
    expect(profiles.some(({ top }) => top.length === 3)).toBe(true)
    await expect(unitProfile(profiled, 'layer9.0', 0, signal)).rejects.toThrow('unknown site: layer9.0')
    await expect(unitProfile(profiled, 'layer2.0', 0, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})
