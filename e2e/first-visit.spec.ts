import { expect, test } from '@playwright/test'
import { parquetReadObjects } from 'hyparquet'
import {
  bytesOf,
  downloadFrom,
  eventsOf,
  expectAccessible,
  exportRun,
  openStep,
  openToy,
  startTraining,
  textOf,
  untilEnded,
  unzip,
  useCifar10,
} from './lab.ts'

test.describe.configure({ mode: 'serial' })

/** Reads width and height of a PNG from its header. */
const pngSize = (png: Buffer) => ({ width: png.readUInt32BE(16), height: png.readUInt32BE(20) })

const rowsOf = (csv: string) =>
  csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))

test('a first visit leads to trained curves on CIFAR-10, and every export works', async ({ page }) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  const hosts = new Set<string>()
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol.startsWith('http')) hosts.add(host)
  })
  await openToy(page, { epochs: 2, images: 4, batch: 10 })

  await test.step('data', async () => {
    await expect(page.getByText('software', { exact: true })).toBeVisible()
    await useCifar10(page)
    await expect(page.getByRole('region', { name: 'Data', exact: true })).toContainText('10,000')
  })

  await test.step('training', async () => {
    await startTraining(page)
    await expect(page.getByRole('progressbar', { name: 'Training progress' })).toBeVisible()
    await untilEnded(page)
    await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('Finished after 2 epochs')
    await expect(page.getByRole('progressbar', { name: 'Training progress' })).toHaveAttribute('aria-valuenow', '100')
  })

  await test.step('the GPU work of each graph', async () => {
    await page.getByRole('button', { name: /^Device: / }).click()
    const dialog = page.getByRole('dialog', { name: 'Device' })
    await expect(dialog.getByRole('row')).toHaveCount(4)
    const step = dialog.getByRole('row', { name: /^Training step/ })
    await expect(step).toContainText('compiled')
    // The number of dispatches, then one submit, since the tests run on a software adapter.
    await expect(step.getByRole('cell').nth(0)).toHaveText(/^[1-9]\d\d$/)
    await expect(step.getByRole('cell').nth(1)).toHaveText('1')
    await expect(step.getByRole('cell').nth(4)).toHaveText(/^\d+\.\d ms$/)
    await page.screenshot({ path: 'test-results/graphs.png' })
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('curves', async () => {
    const drawing = (name: string) =>
      page.getByRole('region', { name, exact: true }).locator('svg.recharts-surface, svg[data-plot]')
    for (const name of ['Selectivity', 'Selectivity by site', 'Loss and accuracy'])
      await expect(drawing(name).first()).toBeVisible()
    await expect(drawing('Selectivity by site').first()).toContainText('layer1.0layer2.0layer3.0layer4.0')
    for (const at of [0, 1]) {
      const loss = drawing('Loss and accuracy').nth(at)
      expect(await loss.locator('.recharts-yAxis-tick-labels text').count()).toBeGreaterThan(2)
      expect(await loss.locator('.recharts-xAxis-tick-labels text').count()).toBeGreaterThan(2)
    }
    await expect(drawing('Loss and accuracy').first().locator('.plot-line[data-series=train] path')).toBeVisible()
    const selectivity = page.getByRole('region', { name: 'Selectivity', exact: true })
    await expect(selectivity.locator('.plot-line path')).toHaveCount(5)
    await expect(selectivity).toContainText(/layer\d peaks at epoch \d\.\d\d with SI \d\.\d\d \(floor \d\.\d\d\)/)
    await selectivity.getByRole('button', { name: 'layer3', exact: true }).click()
    await expect(selectivity.locator('.plot-line path')).toHaveCount(4)
    await selectivity.getByRole('button', { name: 'layer3', exact: true }).click()
  })

  const files = await exportRun(page)
  const events = eventsOf(files)
  const named = (ending: string) => textOf(files.get([...files.keys()].find((name) => name.endsWith(ending)) ?? ''))

  await test.step('the run as one zip', async () => {
    const endings = [
      'config.json',
      'environment.json',
      'run.json',
      'events.jsonl',
      'units.bin',
      'metrics.csv',
      'selectivity.csv',
      'selectivity.parquet',
      'checkpoints/epoch-0000.safetensors',
      'checkpoints/epoch-0001.safetensors',
      'checkpoints/epoch-0002.safetensors',
      'resume/points.json',
    ]
    for (const ending of endings)
      expect(
        [...files.keys()].some((name) => name.endsWith(ending)),
        ending,
      ).toBe(true)
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(8)
    const steps = rowsOf(named('metrics.csv')).filter((row) => row[2] === 'train')
    expect(steps.map((row) => Number(row[3]))).toEqual(
      events.filter(({ type }) => type === 'step').map(({ loss }) => loss),
    )
    const record = files.get('units.bin') as Uint8Array
    const firstUnit = new DataView(record.buffer, record.byteOffset).getFloat64(0, true)
    expect(Number(rowsOf(named('selectivity.csv'))[1][5])).toBe(firstUnit)
    const units = files.get([...files.keys()].find((name) => name.endsWith('selectivity.parquet')) ?? '') as Uint8Array
    const read = await parquetReadObjects({ file: Uint8Array.from(units).buffer })
    expect(read.map(({ selectivity }) => selectivity)).toEqual(
      rowsOf(named('selectivity.csv'))
        .slice(1)
        .map((row) => Number(row[5])),
    )
    const checkpoint = files.get(
      [...files.keys()].find((name) => name.endsWith('epoch-0002.safetensors')) ?? '',
    ) as Uint8Array
    const length = Number(new DataView(checkpoint.buffer, checkpoint.byteOffset).getBigUint64(0, true))
    expect(Object.keys(JSON.parse(textOf(checkpoint.subarray(8, 8 + length))))).toContain('layer4.0.conv2.weight')
  })

  await test.step('each chart as SVG, PNG and CSV', async () => {
    for (const [chart, entries] of [
      ['Selectivity', ['layer1', 'layer4', 'chance floor']],
      ['Loss and accuracy', ['training', 'validation']],
      ['Selectivity by site', ['mean SI of the site']],
    ] as const) {
      const svg = (await bytesOf(await downloadFrom(page, chart, 'Download SVG'))).toString()
      const seen = await page.evaluate((text) => {
        const parsed = new DOMParser().parseFromString(text, 'image/svg+xml')
        const root = parsed.documentElement
        return {
          error: parsed.querySelector('parsererror')?.textContent ?? null,
          texts: [...parsed.querySelectorAll('text')].map((t) => t.textContent),
          size: [Number(root.getAttribute('width')), Number(root.getAttribute('height'))],
          unresolved: text.includes('var(--'),
        }
      }, svg)
      expect(seen.error).toBe(null)
      expect(seen.unresolved).toBe(false)
      for (const text of [chart, ...entries]) expect(seen.texts).toContain(text)
      for (const [item, factor] of [
        ['Download PNG', 2],
        ['Download PNG 3×', 3],
      ] as const) {
        const png = await bytesOf(await downloadFrom(page, chart, item))
        expect(pngSize(png)).toEqual({ width: seen.size[0] * factor, height: seen.size[1] * factor })
      }
    }
    const csv = rowsOf((await bytesOf(await downloadFrom(page, 'Selectivity', 'Download CSV'))).toString())
    const probes = events.filter(({ type }) => type === 'probe') as unknown as {
      step: number
      modules: { module: string; selectivity: number; floor: number }[]
    }[]
    expect(csv[0].slice(0, 5)).toEqual(['step', 'epoch', 'module', 'selectivity', 'floor'])
    expect(csv.slice(1).map((row) => [Number(row[0]), row[2], Number(row[3]), Number(row[4])])).toEqual(
      probes.flatMap(({ step, modules }) => modules.map((m) => [step, m.module, m.selectivity, m.floor])),
    )
    const losses = rowsOf((await bytesOf(await downloadFrom(page, 'Loss and accuracy', 'Download CSV'))).toString())
    expect(losses).toEqual(rowsOf(named('metrics.csv')))
  })

  await test.step('all charts at once', async () => {
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export all charts' }).click()
    const all = await unzip(await waiting)
    expect([...all.keys()].sort()).toEqual(
      ['loss-and-accuracy', 'selectivity', 'sites'].flatMap((id) =>
        ['csv', 'png', 'svg'].map((ending) => `toy-${id}.${ending}`),
      ),
    )
  })

  await test.step('selecting moments and sites', async () => {
    const sites = page.getByRole('region', { name: 'Selectivity by site', exact: true })
    await sites.locator('.heat-cells rect').first().click()
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('layer1.0')
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('epoch 0.00')
    const moment = page.getByRole('slider', { name: 'Moment shown' })
    await moment.focus()
    await page.keyboard.press('End')
    await expect(moment).toHaveAttribute('aria-valuetext', 'epoch 2.00, step 8')
    const loss = page.getByRole('region', { name: 'Loss and accuracy', exact: true })
    await loss.getByRole('button', { name: 'Table' }).click()
    await expect(loss.getByRole('row')).toHaveCount(1 + 8 + 3)
  })

  await test.step('axe finds nothing serious', () => expectAccessible(page))
  expect(errors).toEqual([])
  expect([...hosts]).toEqual([new URL(page.url()).host])
})

test.describe('a newcomer', () => {
  test.use({ storageState: { cookies: [], origins: [] } })

  test('sees a recorded run, goes through its tour with the keyboard, and trains the same network', async ({
    page,
  }) => {
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    const tour = (name: string) => page.getByRole('dialog', { name, exact: true })
    const chart = page.getByRole('region', { name: 'Selectivity', exact: true })
    const moment = page.getByRole('slider', { name: 'Moment shown' })
    const isAt = (epoch: number) =>
      expect
        .poll(async () => Number(/epoch ([\d.]+)/.exec((await moment.getAttribute('aria-valuetext')) ?? '')?.[1]))
        .toBeCloseTo(epoch, 1)
    const epochIn = async (name: string) =>
      Number(/by epoch ([\d.]+)\./.exec((await tour(name).innerText()) ?? '')?.[1])

    await test.step('the run and the tour are there without a press', async () => {
      await page.goto('/')
      await expect(tour('Initialization')).toContainText('Its class selectivity')
      await expect(tour('Initialization').getByRole('button', { name: 'Next' })).toBeFocused()
      await expect(chart.locator('.chart-caption')).toContainText('peaks at epoch')
      await expect(page.getByRole('region', { name: 'Stored run' })).toContainText('Recorded run')
      await isAt(0)
      await expectAccessible(page)
    })

    await test.step('the arrow keys move through the steps and the time line', async () => {
      await page.keyboard.press('ArrowRight')
      const peak = await epochIn('The early rise')
      await isAt(peak)
      await page.keyboard.press('ArrowRight')
      await isAt(await epochIn('The recession'))
      await page.keyboard.press('ArrowLeft')
      await isAt(peak)
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await expect(tour('What the chance floor says')).toContainText('gray band')
      await isAt(peak)
      await page.keyboard.press('ArrowRight')
      await expect(tour('Now you')).toBeFocused()
    })

    await test.step('Escape closes the tour, its button opens it again, and a narrow screen has it below the chart', async () => {
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
      const again = page.getByRole('button', { name: 'Tour', exact: true })
      await expect(again).toBeFocused()
      await page.keyboard.press('Enter')
      await expect(tour('Initialization')).toBeVisible()
      await page.setViewportSize({ width: 390, height: 844 })
      const bottomOf = async (locator: typeof chart) => {
        const box = await locator.boundingBox()
        return box ? box.y + box.height : Number.NaN
      }
      const drawing = chart.locator('.plot-overlay').first()
      await expect
        .poll(async () => (await bottomOf(drawing)) <= ((await tour('Initialization').boundingBox())?.y ?? 0))
        .toBe(true)
      await expectAccessible(page)
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.keyboard.press('Escape')
    })

    await test.step('the next visit has neither, until the user asks for them', async () => {
      await page.reload()
      await expect(page.getByRole('region', { name: 'First steps' })).toBeVisible()
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await expect(page.getByRole('region', { name: 'Stored run' })).toHaveCount(0)
      await page.getByRole('button', { name: 'Tour of a recorded run' }).click()
      await expect(tour('Initialization')).toBeVisible()
      for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight')
    })

    await test.step('its settings are trained on other images', async () => {
      await tour('Now you').getByRole('button', { name: 'Train it yourself' }).click()
      await expect(page.getByRole('region', { name: 'Stored run' })).toHaveCount(0)
      const data = page.getByRole('region', { name: 'Data', exact: true })
      await expect(data).toContainText('was trained on 100 classes of Tiny ImageNet')
      await data.getByRole('button', { name: 'Train it on CIFAR-10' }).click()
      await openStep(page, 'Data')
      await expect(data).toContainText('50,000')
      await data.getByRole('button', { name: 'More settings' }).click()
      for (const name of ['Images per class', 'Validation images per class'])
        await data.getByRole('textbox', { name, exact: true }).fill('2')
      // For a small batch a software adapter compiles small programs.
      const batch = (await openStep(page, 'Train')).getByRole('textbox', { name: 'Batch size', exact: true })
      await expect(batch).toHaveValue('128')
      await batch.fill('20')
      await startTraining(page)
      const progress = page.getByRole('progressbar', { name: 'Training progress' })
      // Only the first step counts.
      const steps = async () => Number(await progress.getAttribute('aria-valuenow'))
      await expect.poll(steps, { timeout: 150_000 }).toBeGreaterThan(0)
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      await untilEnded(page)
      const start = eventsOf(await exportRun(page)).find(({ type }) => type === 'start')
      expect(start?.config).toMatchObject({
        model: { blocks: [1, 1, 1, 1], width: 16 },
        optimizer: { weightDecay: 0.002 },
      })
    })
    expect(errors).toEqual([])
  })
})
