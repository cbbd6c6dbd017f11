/** Measures a trained run (ablation, single units, linearity, one unit), shows the results and exports them. */
import { expect, type Page, test } from '@playwright/test'
import { readTfEvents } from '../src/testing/tfevents.ts'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import {
  bytesOf,
  downloadFrom,
  eventsOf,
  expectAccessible,
  exportRun,
  type Files,
  openStep,
  openToy,
  startTraining,
  textOf,
  untilEnded,
  unzip,
} from './lab.ts'

const ablate = (page: Page) => page.getByRole('region', { name: 'Ablate', exact: true })
/** Opens the step with all its settings. */
async function openAblate(page: Page): Promise<void> {
  const step = await openStep(page, 'Ablate')
  await step.getByRole('button', { name: 'More settings' }).click()
}

const chart = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' })

async function choose(page: Page, label: string, option: string | RegExp): Promise<void> {
  await ablate(page)
    .getByRole('button', { name: new RegExp(label) })
    .click()
  await page.getByRole('option', { name: option }).click()
}

async function trained(page: Page, epochs = 2): Promise<void> {
  const data = { imagesPerClass: 8, validationImagesPerClass: 4, validationFraction: 0.34, inputSize: 16 }
  await openToy(page, { epochs, images: 8, batch: 12 }, { data: { ...data, augmentation: 'crop-flip' } })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  await openAblate(page)
}

async function untilMeasured(page: Page): Promise<void> {
  await expect(page.getByRole('progressbar', { name: 'Measuring' })).toHaveCount(0, { timeout: 120_000 })
}

/** Exports the run for TensorBoard and expects the losses of its record there, and a histogram for each probe of a site. */
async function expectSameInTensorBoard(page: Page, files: Files): Promise<void> {
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export for TensorBoard' }).click()
  const [[path, bytes]] = await unzip(await waiting)
  expect(path).toMatch(/\/events\.out\.tfevents\.0\.selectivity-lab$/)
  const values = readTfEvents(bytes)
  const events = eventsOf(files)
  const losses = events.flatMap(({ type, loss }) => (type === 'step' ? [Math.fround(Number(loss))] : []))
  expect(losses.length).toBeGreaterThan(0)
  expect(values.filter(({ tag }) => tag === 'loss/train').map(({ value }) => value)).toEqual(losses)
  expect(values.filter(({ tag }) => tag === 'selectivity/layer1.0')).toHaveLength(
    events.filter(({ type }) => type === 'probe').length,
  )
}

const rowsOf = (csv: string) =>
  csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))

async function expectExports(page: Page, name: string): Promise<string[][]> {
  const svg = (await bytesOf(await downloadFrom(page, name, 'Download SVG'))).toString()
  expect(svg).toContain(`<title>${name}</title>`)
  expect(svg).not.toContain('var(--')
  const png = await bytesOf(await downloadFrom(page, name, 'Download PNG'))
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const rows = rowsOf((await bytesOf(await downloadFrom(page, name, 'Download CSV'))).toString())
  expect(rows.length).toBeGreaterThan(1)
  return rows
}

test('ablation, single units, linearity and a unit of a trained run are measured, shown and exported', async ({
  page,
}) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await trained(page)

  await test.step('cumulative ablation at all checkpoints', async () => {
    await choose(page, 'Checkpoint', /^all 3 checkpoints/)
    await ablate(page).getByRole('textbox', { name: 'Random orders' }).fill('2')
    await ablate(page).getByRole('textbox', { name: 'Points per curve' }).fill('3')
    await ablate(page).getByRole('button', { name: 'Run ablation' }).click()
    await expect(chart(page, 'Ablation').locator('svg[data-plot] [data-series=selective]')).toHaveCount(4)
    await untilMeasured(page)
    await expect(chart(page, 'Ablation')).toContainText(/At epoch 2\.00, without the \d+ % most selective units/)
    await chart(page, 'Ablation').getByRole('button', { name: 'random order' }).click()
    await expect(chart(page, 'Ablation').locator('[data-series=random]')).toHaveCount(0)
    await chart(page, 'Ablation').getByRole('button', { name: 'random order' }).click()
    const [columns, ...rows] = await expectExports(page, 'Ablation')
    expect(columns.slice(0, 6)).toEqual(['epoch', 'module', 'order', 'draw', 'n', 'share'])
    // Each module has one selective, two random and one least selective order, with three points each.
    expect(rows).toHaveLength(4 * 4 * 3)
    await expectExports(page, 'Area under the ablation curves')
  })

  await test.step('the fields stay while another step is open', async () => {
    await openStep(page, 'Observe')
    await openAblate(page)
    await expect(ablate(page).getByRole('textbox', { name: 'Random orders' })).toHaveValue('2')
  })

  await test.step('the curves follow the time line', async () => {
    const moment = page.getByRole('slider', { name: 'Moment shown' })
    await moment.focus()
    await page.keyboard.press('Home')
    await expect(chart(page, 'Ablation')).toContainText('At epoch 0.00')
    await moment.focus()
    await page.keyboard.press('End')
    await expect(chart(page, 'Ablation')).toContainText('At epoch 2.00')
  })

  await test.step('single units', async () => {
    await choose(page, 'Checkpoint', /^shown/)
    await ablate(page).getByRole('textbox', { name: 'Units per module' }).fill('')
    await ablate(page).getByRole('button', { name: 'Ablate single units' }).click()
    await untilMeasured(page)
    await expect(chart(page, 'Single units')).toContainText(/Spearman's ρ .* over 16 units/)
    const rows = await expectExports(page, 'Single units')
    expect(rows).toHaveLength(1 + 2 + 4 + 8 + 16)
  })

  await test.step('linearity', async () => {
    await choose(page, 'Checkpoint', /^all 3 checkpoints/)
    await ablate(page).getByRole('button', { name: 'Measure linearity' }).click()
    await untilMeasured(page)
    await expect(chart(page, 'Linearity')).toContainText(/The affine deviation is [\d.e-]+ at epoch 0\.00/)
    await expectExports(page, 'Linearity')
    expect(await expectExports(page, 'Cross-layer correlation')).toHaveLength(1 + 25)
  })

  await test.step('a unit: classes, images, ablation', async () => {
    await inspector(page).getByRole('textbox', { name: 'Go to unit' }).fill('layer3.0:9')
    await page.keyboard.press('Enter')
    await expect(inspector(page)).toContainText('layer3.0 has units 0 to 7')
    await inspector(page).getByRole('textbox', { name: 'Go to unit' }).fill('layer3.0:5')
    await page.keyboard.press('Enter')
    const unit = page.getByRole('region', { name: 'Unit layer3.0:5' })
    await unit.getByRole('button', { name: 'Show what activates it' }).click()
    const images = unit.getByRole('list', { name: 'Images that activate it most' }).getByRole('listitem')
    await expect(images.first()).toBeVisible()
    // The validation images that activate the unit, at most six, the strongest first.
    const activations = (await images.locator('figcaption span:last-child').allTextContents()).map(Number)
    expect(activations.length).toBeLessThanOrEqual(6)
    expect(activations.every((activation) => activation > 0)).toBe(true)
    expect(activations).toEqual([...activations].sort((a, b) => b - a))
    await expect(images.first()).toContainText(/cat|dog|fox/)
    await expect(images.first()).toContainText(/\d+\.(png|jpg)/)
    expect(await expectExports(page, 'Class tuning')).toHaveLength(1 + 3)
    const probes = await expectExports(page, 'Over training')
    expect(probes[0]).toEqual(['step', 'epoch', 'selectivity', 'floor', 'preferredClass', 'class', 'dead'])
    // All units have been ablated at this checkpoint.
    await expect(unit.getByRole('table').last()).toContainText('2.00')
    await unit.getByRole('button', { name: '‹ layer3.0' }).click()
    await inspector(page)
      .getByRole('button', { name: /^Look at unit layer3\.0:/ })
      .first()
      .click()
    // Another unit of a measured checkpoint is measured automatically.
    await expect(inspector(page).getByRole('list', { name: 'Images that activate it most' })).toBeVisible()
  })

  await test.step('the exported run has the tables of the command line', async () => {
    const files = await exportRun(page)
    const table = (name: string) => rowsOf(textOf(files.get(name)))
    expect(table('ablation-curves.csv')[0].join()).toBe(
      'checkpoint,data,fingerprint,module,order,draw,mode,seed,n,epoch,share,loss,top1,top5',
    )
    expect(table('ablation-curves.csv')).toHaveLength(1 + 3 * 4 * 4 * 3)
    expect(table('ablation-units.csv')).toHaveLength(1 + 2 + 4 + 8 + 16)
    expect(table('linearity.csv')).toHaveLength(1 + 3 * (1 + 2 * 4 + 2 * 3 * 25))
  })

  await test.step('axe finds nothing serious', () => expectAccessible(page))
  expect(errors).toEqual([])
})

test('a measurement is cancelled and resumed; a run can be measured at a pause and after chosen epochs', async ({
  page,
}) => {
  await trained(page, 8)
  await ablate(page).getByRole('textbox', { name: 'Random orders' }).fill('80')
  await ablate(page).getByRole('button', { name: 'Run ablation' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await ablate(page).getByRole('button', { name: 'Cancel measuring' }).click()
  await expect(ablate(page)).toContainText('Cancelled; the results so far are saved.')
  await ablate(page).getByRole('button', { name: 'Resume measuring' }).click()
  await untilMeasured(page)
  await expect(chart(page, 'Area under the ablation curves')).toBeVisible({ timeout: 120_000 })

  const header = page.getByRole('group', { name: 'Run', exact: true })
  await page.getByRole('button', { name: 'Start training' }).click()
  await header.getByRole('button', { name: 'Pause' }).click()
  const indices = ablate(page).getByRole('button', { name: 'Measure other indices' })
  await expect(indices).toBeEnabled({ timeout: 60_000 })
  await indices.click()
  await untilMeasured(page)
  await expect(chart(page, 'Other indices')).toContainText(
    /CCMAS is farthest above its chance floor at epoch \d\.00 in/,
  )
  await chart(page, 'Other indices').getByLabel('Index').selectOption('class d′')
  await expect(chart(page, 'Other indices')).toContainText('class d′ is farthest')
  // The fields of a new run are new.
  await ablate(page).getByRole('button', { name: 'More settings' }).click()
  await choose(page, 'Ablated output', 'unit’s mean')
  await ablate(page).getByRole('textbox', { name: 'Points per curve' }).fill('3')
  await ablate(page).getByLabel('After epochs').fill('9')
  await expect(ablate(page).getByRole('alert')).toContainText(
    'No checkpoint at epoch 9. Epochs with a checkpoint: 0 … 8.',
  )
  await ablate(page).getByLabel('After epochs').fill('7')
  await ablate(page).getByRole('button', { name: 'Measure during training' }).click()
  await expect(ablate(page)).toContainText('After epoch 7 the run pauses, measures ablation curves, and resumes.')
  await header.getByRole('button', { name: 'Resume' }).click()
  await expect(indices).toBeDisabled()
  await expect(ablate(page)).toContainText('Measurements need the GPU to themselves')
  await untilEnded(page)
  await expect(chart(page, 'Ablation')).toContainText(/At epoch 7\.00/)
  // The points were measured at the pause. The axis has grown with the run, like that of the other charts.
  const ticks = (name: string) => chart(page, name).locator('.recharts-xAxis-tick-labels text').allTextContents()
  for (const name of ['Selectivity', 'Other indices'])
    await expect.poll(async () => (await ticks(name)).at(-1), { message: name }).toBe('8')
  const files = await exportRun(page)
  await expectSameInTensorBoard(page, files)
  const [columns, ...points] = rowsOf(textOf(files.get('ablation-curves.csv')))
  const of = (name: string) => new Set(points.map((row) => row[columns.indexOf(name)]))
  expect([of('epoch'), of('mode')]).toEqual([new Set(['7']), new Set(['mean'])])
  const found = rowsOf(textOf(files.get('indices.csv')))
  expect(new Set(found.slice(1).map((row) => row[found[0].indexOf('index')]))).toEqual(
    new Set(['selectivity', 'ccmas', 'dprime', 'precision']),
  )
})
