import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { planOf } from '../../cli/plan-flags.ts'
import { expandPlan, type Plan, parsePlan } from '../../experiments/plan.ts'
import { jobOf } from '../../experiments/queue/run-job.ts'
import { opened } from '../../testing/page.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-plan-file-'))
afterAll(() => rmSync(home, { recursive: true }))

/** The ids of a plan's jobs: equal ids are the same work to a queue. */
const idsOf = async ({ name, measure, ...plan }: Plan) =>
  (await Promise.all(expandPlan({ name, measure, ...plan }).map((run) => jobOf(name, run, measure)))).map(
    ({ id }) => id,
  )

/** What the command line reads from a file with this text. */
function onCommandLine(text: string): Plan {
  const path = join(home, 'plan.json')
  writeFileSync(path, text)
  return planOf(path, {})
}

const fileOf = (text: string, name = 'plan.json') => Object.assign(new Blob([text]), { name })

const written = {
  name: 'mine: 3 strengths',
  base: {
    model: { width: 8 },
    optimizer: { learningRate: 0.05 },
    train: { epochs: 4, batchSize: 32, microBatchSize: 32 },
    checkpoint: { everyEpochs: 2 },
  },
  arms: [
    { name: 'none', changes: { 'regularizer.schedule': [] } },
    {
      name: 'early',
      changes: { 'regularizer.schedule': [{ fromEpoch: 0, toEpoch: 4, alpha: -2 }], 'model.stem': 'cifar' },
    },
    { name: 'fixed', changes: { 'optimizer.momentum': 0, 'data.balancedBatches': true, 'probe.imagesPerClass': 5 } },
  ],
  seeds: [3, 1],
  measure: {
    epochs: [0, 4],
    ablation: { modules: ['layer2'], draws: 2, points: 6 },
    units: { modules: null, sample: null },
    linearity: true,
  },
}

describe('a plan file', () => {
  let page: ReturnType<typeof opened>
  beforeEach(() => {
    page = opened()
  })
  const problems = () => page.experiments.store.getState().problems

  /** Saves the plan of the form and returns the text of its file. */
  async function savedText(): Promise<string> {
    await page.experiments.savePlan()
    return (await page.saved.at(-1)?.blob.text()) ?? ''
  }

  test('of the command line is opened in the page, and saved there as the same work', async () => {
    await page.experiments.openPlan(fileOf(`\uFEFF${JSON.stringify(written)}`))
    expect(problems()).toEqual([])
    expect(page.state().config).toMatchObject({ model: { width: 8 }, train: { epochs: 4 } })
    const text = await savedText()
    expect(page.saved.at(-1)?.name).toBe('mine-3-strengths.json')
    const [there, here] = [onCommandLine(JSON.stringify(written)), onCommandLine(text)]
    expect(await idsOf(here)).toEqual(await idsOf(there))
    expect(new Set(await idsOf(here)).size).toBe(6)
  })

  test.each(['early-or-late', 'ablation-over-training', 'regularizer-controls'])(
    'of %s in the page is the same work on the command line',
    async (kind) => {
      await page.experiments.choosePlan(kind)
      page.experiments.setDraft({ seeds: '2', epochs: '6' })
      const here = onCommandLine(await savedText())
      const there = planOf(kind, { seeds: '2', epochs: '6' })
      expect(here.name).toBe(kind)
      const config = { ...page.state().config, train: { ...page.state().config.train, epochs: 6 } }
      expect(await idsOf(here)).toEqual(await idsOf({ ...there, base: config }))
    },
  )

  test('leaves a plan without measurements to the form when other arms are chosen', async () => {
    await page.experiments.openPlan(fileOf(JSON.stringify(written)))
    await page.experiments.choosePlan('early-or-late')
    await page.experiments.choosePlan('own')
    const { measure } = parsePlan(JSON.parse(await savedText()))
    expect(measure).toMatchObject({ ablation: null, units: null, linearity: false })
  })

  test.each([
    ['{"name": ', /odd\.json is no plan: it is not JSON/],
    ['[]', /odd\.json is no plan: invalid plan/],
    [JSON.stringify({ ...written, seeds: [1, 1] }), /invalid seed: 1; it must be in the list only once/],
    [JSON.stringify({ ...written, base: { model: { width: -1 } } }), /odd\.json is no plan: invalid model\.width/],
    [' '.repeat(2 ** 21), /a plan has at most 1048576/],
  ])('that is damaged changes nothing and says why (%#)', async (text, message) => {
    const before = [page.state().config, page.experiments.store.getState().draft]
    await page.experiments.openPlan(fileOf(text, 'odd.json'))
    expect(problems().at(-1)).toMatch(message)
    expect([page.state().config, page.experiments.store.getState().draft]).toEqual(before)
  })
})
