/**
 * Makes the figures of docs/experiments.md: opens the shipped example in a headless Chromium and downloads charts as SVG,
 * as a visitor does. Usage: node scripts/figures.mjs FOLDER
 */
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { ensureBuild } from './build.mjs'
import { findOrInstallChromium } from './chromium.mjs'
import { serve } from './serve.mjs'
import { root } from './setup.mjs'

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node scripts/figures.mjs FOLDER')
  process.exit(2)
}
await ensureBuild()
const { url, close } = await serve({ root, port: 5300, anyPort: true })
const browser = await chromium.launch({
  executablePath: await findOrInstallChromium(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: 'light' })

/** Downloads a chart of the comparison. */
async function save(title, file) {
  await page.getByRole('button', { name: `${title} menu` }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Download SVG' }).click()
  await (await waiting).saveAs(join(folder, file))
}

await page.goto(url)
await page.getByRole('button', { name: 'Compare', exact: true }).click()
await page.getByRole('button', { name: 'Open Early or late, CIFAR-10' }).click()
const comparison = page.getByRole('region', { name: 'Comparison', exact: true })
const metric = comparison.getByLabel('Metric')
await comparison.getByLabel('Band').selectOption('range of the seeds')
for (const module of ['layer1', 'layer2', 'layer3', 'layer4']) {
  await metric.selectOption(`SI − floor, ${module}`)
  await save('Comparison', `si-above-floor-${module}.svg`)
}
await metric.selectOption('Top-1, held-out images')
await save('Comparison', 'top-1.svg')
await save('Paired differences', 'paired-differences.svg')
await browser.close()
await close()
