/**
 * Exports the charts of the page's comparison as SVG: opens a zip of runs in a headless Chromium and downloads them, as a
 * visitor does.
 */
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { ensureBuild } from './build.mjs'
import { findOrInstallChromium } from './chromium.mjs'
import { serve } from './serve.mjs'
import { root } from './setup.mjs'

/** The metrics of the figures, by the name of their file. */
const metrics = {
  ...Object.fromEntries([1, 2, 3, 4].map((n) => [`si-above-floor-layer${n}.svg`, `SI − floor, layer${n}`])),
  'top-1.svg': 'Top-1, ',
}

/** Downloads a chart. */
async function save(page, title, path) {
  await page.getByRole('button', { name: `${title} menu` }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Download SVG' }).click()
  await (await waiting).saveAs(path)
  console.log(`Saved ${path}`)
}

/** Opens the step Compare, imports the runs of a zip there, and shows the comparison. */
async function importRuns(page, zip) {
  const step = page.getByRole('region', { name: 'Compare', exact: true })
  const header = step.getByRole('button', { name: 'Compare', exact: true })
  await header.waitFor()
  // Ends a tour of the page, which begins on a first visit.
  await page.keyboard.press('Escape')
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.click()
  const waiting = page.waitForEvent('filechooser')
  await step.getByRole('button', { name: 'Choose run zips' }).click()
  await (await waiting).setFiles(zip)
  await page.getByRole('tab', { name: 'Compare' }).click()
}

/** Chooses the option of a select whose text begins so. */
async function choose(select, begin) {
  const texts = await select.locator('option').allTextContents()
  const label = texts.find((text) => text.startsWith(begin))
  if (label === undefined) throw new Error(`no metric ${begin} (have ${texts.join(', ')})`)
  await select.selectOption({ label })
}

async function saveAll(page, zip, folder) {
  await importRuns(page, zip)
  const comparison = page.getByRole('region', { name: 'Comparison', exact: true })
  const metric = comparison.getByLabel('Metric')
  await metric.waitFor()
  await comparison.getByLabel('Band').selectOption('range of the seeds')
  for (const [file, name] of Object.entries(metrics)) {
    await choose(metric, name)
    await save(page, 'Comparison', join(folder, file))
  }
  await save(page, 'Paired differences', join(folder, 'paired-differences.svg'))
}

/** Saves the figures of the runs in a zip to a folder. */
export async function saveFigures(zip, folder) {
  await ensureBuild()
  const { url, close } = await serve({ root, port: 5300, anyPort: true })
  const browser = await chromium.launch({
    executablePath: await findOrInstallChromium(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: 'light' })
    page.setDefaultTimeout(60_000)
    await page.goto(url)
    await saveAll(page, zip, folder)
  } finally {
    await browser.close()
    await close()
  }
}
