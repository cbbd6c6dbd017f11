import { readFileSync } from 'node:fs'
import { type Download, expect, type Page, test } from '@playwright/test'
import { decode } from 'fast-png'
import { checkClaims } from '../src/experiments/claims.ts'
import { zippedRuns } from '../src/runs/format/zip-files.ts'
import { parseExamples } from '../src/store/runs/example-actions.ts'
import { summaryOf } from '../src/store/runs/summary.ts'
import { startEvent, stepEvent } from '../src/testing/events.ts'
import { drop } from './drop.ts'
import { threeClasses, writeFolder, writeZip } from './fixtures.ts'
import { bytesOf, downloadFrom, expectAccessible, openStep, openToy, startButton, unzip } from './lab.ts'

const compareStep = (page: Page) => page.getByRole('region', { name: 'Compare', exact: true })

async function textOf(download: Promise<Download> | Download): Promise<string> {
  return (await bytesOf(await download)).toString('utf8')
}

/** Presses a button and returns the text of the downloaded file. */
async function saved(page: Page, name: string): Promise<string> {
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name, exact: true }).click()
  return textOf(waiting)
}

/** Adds the form's schedule as an arm of a ready-made plan, and removes it. */
async function addDrawn(page: Page): Promise<void> {
  const step = compareStep(page)
  const add = step.getByRole('button', { name: 'Add the drawn schedule' })
  await add.click()
  const drawn = step.getByRole('list', { name: 'Drawn schedules' })
  await expect(drawn.getByRole('listitem')).toContainText('drawn-1 epochs 0–1: α −3')
  await expect(add).toBeDisabled()
  await expect(step).toContainText('exists already, as drawn-1')
  await expect(step).toContainText('4 arms: none, from-0, from-5, drawn-1')
  await drawn.getByRole('button', { name: 'Remove drawn-1' }).click()
  await expect(add).toBeEnabled()
}

/** Writes a plan of two arms and two seeds with one epoch in the form. */
async function writePlan(page: Page): Promise<void> {
  const step = compareStep(page)
  await step.getByRole('button', { name: 'Plan an experiment' }).click()
  await addDrawn(page)
  await step.getByLabel('Plan', { exact: true }).selectOption('Custom arms')
  await step.getByLabel('Seeds').fill('1, 2')
  await step.getByLabel('Epochs of each run').fill('1')
  await step.getByRole('button', { name: 'Add an arm' }).click()
  await step.getByLabel('Name of arm 2').fill('early')
  await step.getByLabel(/Changes of arm 2/).fill('optimizer.learningRte=1')
  await expect(step.getByRole('alert')).toContainText('unknown configuration key: optimizer.learningRte')
  await step.getByLabel(/Changes of arm 2/).fill('regularizer.schedule=[{"fromEpoch": 0, "toEpoch": 1, "alpha": -2}]')
  await expect(step).toContainText('2 arms: none, early')
  await step.getByText('linearity', { exact: true }).click()
  await step.getByLabel('At epochs').fill('2')
  await expect(step.getByRole('alert')).toContainText('invalid measured epoch: 2')
  await step.getByLabel('At epochs').fill('1')
}

/** Saves the plan of the form as a file; the file brings it back after a change. */
async function saveAndOpenPlan(page: Page): Promise<void> {
  const step = compareStep(page)
  const text = await saved(page, 'Save as a plan file')
  expect(JSON.parse(text)).toMatchObject({ name: 'own-plan', seeds: [1, 2], measure: { linearity: true, epochs: [1] } })
  await step.getByLabel('Seeds').fill('7')
  const chooser = page.waitForEvent('filechooser')
  await step.getByRole('button', { name: 'Open a plan file' }).click()
  await (await chooser).setFiles({ name: 'plan.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  await expect(step.getByLabel('Seeds')).toHaveValue('1, 2')
  await expect(step).toContainText('2 arms: none, early')
}

/** Dragging over the comparison shows a part of the epochs, and a double click shows all. The buttons do the same. */
async function zoomIn(page: Page): Promise<void> {
  const chart = page.getByRole('region', { name: 'Comparison', exact: true })
  const lastTick = chart.locator('.recharts-xAxis-tick-labels text').last()
  const reset = chart.getByRole('button', { name: 'Reset zoom' })
  const overlay = chart.locator('.plot-overlay')
  await expect(lastTick).toHaveText('1')
  await overlay.scrollIntoViewIfNeeded()
  const box = await overlay.boundingBox()
  if (!box) throw new Error('the comparison is not drawn')
  await page.mouse.move(box.x + 60, box.y + 80)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 3, box.y + 90, { steps: 3 })
  await page.mouse.up()
  await expect(lastTick).toHaveText(/^0\.[1-6]/)
  await overlay.dblclick({ position: { x: 200, y: 80 } })
  await expect(lastTick).toHaveText('1')
  await expect(reset).toBeDisabled()
  await chart.getByRole('button', { name: 'Zoom in' }).press('Enter')
  await expect(lastTick).toHaveText(/^0\.7/)
  await reset.press('Enter')
  await expect(lastTick).toHaveText('1')
}

test('a plan of two arms and two seeds is timed, trained, measured, compared and judged, and every chart is exported', async ({
  page,
}) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  const drawn = { schedule: [{ fromEpoch: 0, toEpoch: 1, alpha: -3 }] }
  await openToy(page, { epochs: 1, images: 8, batch: 4 }, { regularizer: drawn })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await expect(startButton(page)).toBeEnabled({ timeout: 60_000 })

  await test.step('claims name the plans to run while there are no runs', async () => {
    await page.getByRole('tab', { name: 'Claims' }).click()
    const claim = page.getByRole('region', { name: 'They matter early', exact: true })
    await expect(claim).toContainText('not yet')
    await expect(claim).toContainText('ablation-over-training')
    await expectAccessible(page)
  })

  const step = compareStep(page)
  await test.step('the plan is written and timed', async () => {
    await openStep(page, 'Compare')
    await writePlan(page)
    await saveAndOpenPlan(page)
    await step.getByRole('button', { name: 'Time a few steps' }).click()
    await expect(step).toContainText(/4 runs, 24 steps, about .*As timed on 8 steps of it/, { timeout: 120_000 })
    await expect(step.getByRole('button', { name: 'Start plan' })).toBeEnabled({ timeout: 60_000 })
  })

  await test.step('its runs are trained, also after a pause, and measured', async () => {
    await step.getByRole('button', { name: 'Start plan' }).click()
    const runs = step.getByRole('list', { name: 'Runs of the plan' })
    await expect(runs.getByRole('listitem').first()).toContainText('training')
    await step.getByRole('button', { name: 'Pause plan' }).click()
    await step.getByRole('button', { name: 'Resume plan' }).click()
    await expect(runs.getByText('finished')).toHaveCount(4, { timeout: 240_000 })
    await expect(step.getByRole('list', { name: 'Saved runs' }).getByRole('listitem')).toHaveCount(4)
  })

  await test.step('the comparison shows arms with both seeds', async () => {
    await page.getByRole('button', { name: 'Compare runs' }).click()
    const chart = page.getByRole('region', { name: 'Comparison', exact: true })
    await expect(chart).toContainText(/none [\d.]+ % at epoch 1 \(95 % interval .* 2 seeds\)/)
    const bands = await textOf(downloadFrom(page, 'Comparison', 'Download CSV'))
    expect(bands.split('\n')[0]).toBe('arm,metric,epoch,runs,mean,band,lower,upper,lab,comparedRuns')
    expect(bands.trim().split('\n')).toHaveLength(1 + 2 * 2)
    await zoomIn(page)
    await chart.getByLabel('Metric').selectOption('Gate constancy, mean of the sites')
    await expect(chart).toContainText(/Gate constancy, mean of the sites: none [\d.]+.* at epoch 1/)
    await chart.getByLabel('Metric').selectOption('SI − floor, layer2')
    await expect(chart).toContainText('SI − floor, layer2: none')
    for (const title of ['Comparison', 'Final accuracy', 'Paired differences']) {
      const svg = await textOf(downloadFrom(page, title, 'Download SVG'))
      expect(svg).toMatch(/^<svg[\s\S]*none[\s\S]*<\/svg>$/)
      expect(svg).toContain(
        title === 'Comparison' ? '<title>Comparison: SI − floor, layer2</title>' : `<title>${title}</title>`,
      )
      expect(svg).toMatch(/<metadata>{"lab":"\d[^"]+","run":"none\/seed-1, early\/seed-1, none\/seed-2, early\/seed-2"/)
      const png = await bytesOf(await downloadFrom(page, title, 'Download PNG'))
      const { lab, run } = JSON.parse(decode(png).text.Description)
      expect([lab, run]).toEqual([expect.stringMatching(/^\d/), 'none/seed-1, early/seed-1, none/seed-2, early/seed-2'])
    }
    expect(await textOf(downloadFrom(page, 'Final accuracy', 'Download CSV'))).toMatch(/^arm,runs,mean,deviation/)
    expect(await textOf(downloadFrom(page, 'Paired differences', 'Download CSV'))).toMatch(/\nnone,early,2,/)
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export all charts' }).click()
    expect([...(await unzip(await waiting)).keys()]).toEqual(
      ['aboveFloor-layer2', 'final-accuracy', 'paired-differences'].flatMap((id) =>
        ['svg', 'png', 'csv'].map((ending) => `comparison-compare-${id}.${ending}`),
      ),
    )
    const table = page.getByRole('region', { name: 'Configurations', exact: true })
    await expect(table).toContainText('regularizer.schedule')
    expect(await saved(page, 'Configurations: download CSV')).toContain('seed,early/seed-2,2')
    await expectAccessible(page)
  })

  await test.step('stored runs are exported as zips', async () => {
    const own = ['run.json', 'config.json', 'environment.json', 'events.jsonl', 'units.bin', 'linearity.csv']
    const derived = ['metrics.csv', 'selectivity.csv', 'selectivity.parquet']
    const checkpoints = [0, 1].map((epoch) => `checkpoints/epoch-000${epoch}.safetensors`)
    const files = [...own, ...checkpoints, ...derived].sort()
    const zipOf = async (name: string) => {
      const waiting = page.waitForEvent('download')
      await step.getByRole('button', { name, exact: true }).click()
      return [...(await unzip(await waiting)).keys()].sort()
    }
    expect(await zipOf('Export early/seed-2')).toEqual(files)
    const folders = ['early/seed-1', 'early/seed-2', 'none/seed-1', 'none/seed-2']
    expect(await zipOf('Export selected runs')).toEqual(
      folders.flatMap((folder) => files.map((file) => `${folder}/${file}`)),
    )
  })

  await test.step('claims are judged on the runs and lead to their charts', async () => {
    await page.getByRole('tab', { name: 'Claims' }).click()
    const claim = page.getByRole('region', { name: 'Rise and recede', exact: true })
    await expect(claim).toContainText('too few seeds')
    await expect(claim).toContainText('seeds 1, 2')
    expect(await saved(page, 'Claims: download CSV')).toMatch(/^claim,verdict,part/)
    await expectAccessible(page)
    await claim.getByRole('button', { name: 'Show the chart of layer3' }).click()
    await expect(page.getByRole('region', { name: 'Comparison', exact: true })).toContainText(
      'SI − floor, layer3: none',
    )
  })

  await test.step('the runs are listed after a reload, and can be removed', async () => {
    await page.reload()
    await openStep(page, 'Compare')
    const runs = step.getByRole('list', { name: 'Saved runs' })
    await expect(runs.getByRole('listitem')).toHaveCount(4)
    await runs.getByRole('button', { name: 'Delete none/seed-1' }).click()
    await expect(runs.getByRole('listitem')).toHaveCount(3)
  })
  expect(errors).toEqual([])
})

test('run zips are imported, and a damaged one is reported', async ({ page }) => {
  await openToy(page, { epochs: 1, images: 8, batch: 4 })
  const step = await openStep(page, 'Compare')
  const choosing = page.waitForEvent('filechooser')
  await step.getByRole('button', { name: 'Choose run zips' }).click()
  await (await choosing).setFiles({
    name: 'broken.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from('PK\x03\x04no'),
  })
  await expect(step.getByRole('alert')).toContainText('broken.zip is damaged or not a zip')
})

test('an example is opened with one press', async ({ page }) => {
  const end = { type: 'end', step: 10, epoch: 1, reason: 'finished', message: '', advice: '', time: 30 }
  const score = { split: 'validation', images: 6, loss: 2, crossEntropy: 2, top5: 1 }
  const config = { ...startEvent.config, name: 'none/seed-1', train: { ...startEvent.config.train, epochs: 1 } }
  const evaluations = [0, 1].map((epoch) => ({
    type: 'evaluation',
    step: 10 * epoch,
    epoch,
    time: 20 * epoch,
    top1: 0.25 + epoch / 4,
    ...score,
  }))
  const events = [{ ...startEvent, config, time: 0 }, evaluations[0], stepEvent(10, 10), evaluations[1], end]
  const log = new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const zip = readFileSync(await writeZip('small.zip', [{ path: 'none/seed-1/events.jsonl', bytes: log }]))
  const list = [
    {
      ...{
        id: 'small',
        kind: 'arms',
        title: 'A small run',
        text: 'One run of one epoch.',
        file: 'small.zip',
        preset: null,
      },
      runs: [{ name: 'none/seed-1', units: false }],
      provenance: {
        lab: '0',
        commit: null,
        adapter: 'Test adapter',
        data: 'Six images',
        command: 'npm run lab -- train',
      },
    },
  ]
  await page.route('**/examples/index.json', (route) => route.fulfill({ json: list }))
  await page.route('**/examples/small.zip', (route) => route.fulfill({ body: zip }))
  await openToy(page, { epochs: 1, images: 8, batch: 4 })
  await openStep(page, 'Compare')
  await compareStep(page).getByRole('button', { name: 'Open A small run' }).click()
  await expect(page.getByRole('region', { name: 'Comparison', exact: true })).toContainText('none 50.0 % at epoch 1')
  await expect(page.getByRole('region', { name: 'Final accuracy', exact: true })).toContainText('none 50.0 % (1 seed)')
  await compareStep(page).getByRole('button', { name: 'How it was made' }).click()
  await expect(compareStep(page)).toContainText('npm run lab -- train')
})

/** The verdicts on an example's runs, as the engine judges them. */
async function judged(file: string) {
  const zip = new Blob([readFileSync(new URL(`../public/examples/${file}`, import.meta.url))])
  const found = await zippedRuns(zip)
  return checkClaims(
    await Promise.all(found.map(async ({ files, place }) => (await summaryOf(files, place, place)).record)),
  )
}

test('each shipped example is opened with one press, and the claims are judged on its runs', async ({ page }) => {
  await page.goto('/')
  const step = await openStep(page, 'Compare')
  const items = step.getByRole('list', { name: 'Examples' }).getByRole('listitem')
  const index = JSON.parse(readFileSync(new URL('../public/examples/index.json', import.meta.url), 'utf8'))
  const shipped = parseExamples(index)
  expect(shipped.map(({ kind }) => kind).sort()).toEqual(['arms', 'run'])
  await expect(items).toHaveCount(index.length)
  const open = async ({ title }: (typeof shipped)[number]) => {
    await openStep(page, 'Compare')
    await step.getByRole('button', { name: `Open ${title}` }).click()
  }
  for (const example of shipped) {
    await open(example)
    if (example.kind === 'run') {
      await expect(page.getByRole('region', { name: 'Stored run' })).toContainText(`Recorded run: ${example.title}`)
      await expect(page.getByRole('region', { name: 'Selectivity', exact: true })).toContainText('peaks at epoch')
      continue
    }
    const runs = step.getByRole('list', { name: 'Saved runs' }).getByRole('listitem')
    await expect(runs).toHaveCount(example.runs.length)
    const arms = new Set(example.runs.map(({ name }) => name.split('/')[0]))
    const comparison = page.getByRole('region', { name: 'Comparison', exact: true })
    for (const arm of arms) await expect(comparison).toContainText(arm)
    await page.getByRole('tab', { name: 'Claims' }).click()
    for (const { title, verdict, because } of await judged(example.file)) {
      const claim = page.getByRole('region', { name: title, exact: true })
      await expect(claim.locator('.chart-head .verdict')).toHaveText(new RegExp(`${verdict}$`))
      await expect(claim).toContainText(because)
    }
  }
  await openStep(page, 'Compare')
  await expect(step.getByRole('alert')).toHaveCount(0)
})
