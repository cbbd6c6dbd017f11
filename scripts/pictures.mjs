/**
 * Takes the README's pictures in a headless Chromium: the shipped runs, and a training of the small preset on CIFAR-10 in
 * which α is moved by hand. Usage: node scripts/pictures.mjs FOLDER [dark]
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { ensureBuild } from './build.mjs'
import { findOrInstallChromium } from './chromium.mjs'
import { laterVisit } from './later-visit.mjs'
import { serve } from './serve.mjs'
import { ensureCifar10, root } from './setup.mjs'

const [folder, scheme = 'light'] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node scripts/pictures.mjs FOLDER [dark]')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
ensureCifar10()
await ensureBuild()
const { url, close } = await serve({ root, port: 5300, anyPort: true })
const browser = await chromium.launch({
  executablePath: await findOrInstallChromium(),
  args: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-unsafe-swiftshader',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
})
const laptop = { width: 1280, height: 800 }
const page = await browser.newPage({ viewport: laptop, colorScheme: scheme, storageState: laterVisit(url) })
const button = (name) => page.getByRole('button', { name, exact: true })
const region = (name) => page.getByRole('region', { name, exact: true })
/** Opens a closed step of the rail. */
const step = (name) => region(name).getByRole('button', { name, exact: true }).click()

/** Takes a picture of the page in its present size. */
async function picture(name) {
  await page.mouse.move(0, 0)
  await page.waitForTimeout(500)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  console.log(`Saved ${name}.png`)
}

/** Closes the notice that this machine has no GPU. */
const hideNotice = () => button('Dismiss: no GPU').click()

/** Makes sample images gray: no image of a dataset is committed. */
const grayOut = () =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('.sample :is(img, canvas) { filter: contrast(0) brightness(1.7) }')
    document.adoptedStyleSheets = [sheet]
  })

/** Sets α in its number field, as a user does. */
async function hold(alpha) {
  const field = page.getByLabel('α, exact value')
  await field.fill(String(alpha))
  await field.press('Enter')
}

const untilEpoch = (epoch) =>
  page.waitForFunction((n) => Number(document.querySelector('.progress-text b')?.textContent) >= n, epoch, {
    timeout: 900_000,
  })

/** Opens the recorded run with the server's `?run=` link. */
async function openRecorded() {
  await page.goto(new URL('?run=examples/rise-and-recede.zip', url).href)
  await region('Selectivity').getByText('peaks at epoch').waitFor({ timeout: 60_000 })
  await hideNotice()
  await page.waitForTimeout(2000)
}

async function takeRecorded() {
  await page.setViewportSize({ width: 1440, height: 1000 })
  await openRecorded()
  await picture('run')
  await page.setViewportSize(laptop)
  await step('Ablate')
  await region('Ablation').evaluate((chart) => chart.scrollIntoView({ block: 'center' }))
  await picture('tour-measure')
}

async function takeArms() {
  await step('Compare')
  await region('Compare')
    .getByRole('listitem')
    .filter({ hasText: 'Early or late' })
    .getByRole('button', { name: /^Open/ })
    .click()
  await region('Compare')
    .getByText(/^15 of 15 runs compared/)
    .waitFor({ timeout: 120_000 })
  await page.waitForTimeout(3000)
  await region('Comparison').evaluate((chart) => chart.scrollIntoView({ block: 'center' }))
  await picture('tour-compare')
}

async function takeTraining() {
  await page.goto(url)
  await button('Use CIFAR-10').click()
  await region('Data').getByText('50,000').first().waitFor()
  await hideNotice()
  await grayOut()
  await region('Data')
    .getByText('50,000')
    .first()
    .evaluate((number) => number.scrollIntoView({ block: 'center' }))
  await picture('tour-dataset')
  await step('Model')
  await page.getByText('Small, for a software adapter').click()
  await button('Start training').click()
  await untilEpoch(2)
  await hold(-5)
  await untilEpoch(3)
  await region('Selectivity')
    .getByText(/at epoch 3\.00/)
    .waitFor()
  await picture('tour-training')
}

await takeRecorded()
await takeArms()
await takeTraining()
await browser.close()
await close()
