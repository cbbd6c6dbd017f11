/**
 * Exports the charts of the page's comparison as SVG: opens a zip of runs in a headless Chromium and downloads them, as a
 * visitor does.
 */
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { ensureBuild } from './build.mjs'
import { findOrInstallChromium } from './chromium.mjs'
import { laterVisit } from './later-visit.mjs'
import { serve } from './serve.mjs'
import { root } from './setup.mjs'

/** The metrics of the figures, by the name of their file. */
const metrics = {
  ...Object.fromEntries([1, 2, 3, 4].map((n) => [`results-layer${n}.svg`, `SI − floor, layer${n}`])),
  'results-top-1.svg': 'Top-1, ',
}

/** Downloads a chart. */
async function save(page, title, path) {
  await page.getByRole('button', { name: `${title} menu` }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Download SVG' }).click()
  await (await waiting).saveAs(path)
  console.log(`Saved ${path}`)
}

/** Opens the step Compare, imports the runs of a zip there, waits for all of them, and shows the comparison. */
async function importRuns(page, { zip, runs }) {
  const step = page.getByRole('region', { name: 'Compare', exact: true })
  const header = step.getByRole('button', { name: 'Compare', exact: true })
  await header.waitFor()
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.click()
  const waiting = page.waitForEvent('filechooser')
  await step.getByRole('button', { name: 'Choose run zips' }).click()
  await (await waiting).setFiles(zip)
  await step.getByText(`${runs} of ${runs} ${runs === 1 ? 'run' : 'runs'} compared`).waitFor()
  await page.getByRole('tab', { name: 'Compare' }).click()
}

/** Chooses the option of a select whose text begins so. */
async function choose(select, begin) {
  const texts = await select.locator('option').allTextContents()
  const label = texts.find((text) => text.startsWith(begin))
  if (label === undefined) throw new Error(`no metric ${begin} (have ${texts.join(', ')})`)
  await select.selectOption({ label })
}

async function saveAll(page, packed, folder) {
  await importRuns(page, packed)
  const comparison = page.getByRole('region', { name: 'Comparison', exact: true })
  const metric = comparison.getByLabel('Metric')
  await metric.waitFor()
  await comparison.getByLabel('Band').selectOption('range of the seeds')
  for (const [file, name] of Object.entries(metrics)) {
    await choose(metric, name)
    await save(page, 'Comparison', join(folder, file))
  }
  await save(page, 'Paired differences', join(folder, 'results-cost.svg'))
}

/** Saves the figures of the runs in a zip to a folder. packed: the zip's path and the number of its runs. */
export async function saveFigures(packed, folder) {
  await ensureBuild()
  const { url, close } = await serve({ root, port: 5300, anyPort: true })
  const browser = await chromium.launch({
    executablePath: await findOrInstallChromium(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  try {
    const page = await browser.newPage({
      viewport: { width: 1440, height: 1000 },
      colorScheme: 'light',
      // The run of a first visit would be compared with the others.
      storageState: laterVisit(url),
    })
    page.setDefaultTimeout(60_000)
    await page.goto(url)
    await saveAll(page, packed, folder)
  } finally {
    await browser.close()
    await close()
  }
}
