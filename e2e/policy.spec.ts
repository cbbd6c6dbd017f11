/**
 * No data leave the machine: a full story makes no request to another origin and does not violate the page's policy.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import sharp from 'sharp'
import { serve } from '../scripts/serve.mjs'
import { root } from '../scripts/setup.mjs'
import { goodTable } from '../src/testing/corpus-nested.ts'
import { drop } from './drop.ts'
import { type ImageFile, threeClasses, writeZip } from './fixtures.ts'
import { downloadFrom, exportRun, openStep, openToy, startTraining, untilEnded, useCifar10 } from './lab.ts'

interface Violation {
  readonly 'csp-report': { readonly 'effective-directive': string; readonly 'blocked-uri': string }
}

/** Opens the page from a server that collects the browser's reports of violations, from page and workers. */
const test = base.extend<{ violations: Violation[] }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
  violations: async ({}, use) => use([]),
  baseURL: async ({ violations }, use) => {
    const onViolation = (violation: Violation) => violations.push(violation)
    const { url, close } = await serve({ root, port: 4200, anyPort: true, onViolation })
    await use(url)
    await close()
  },
})

/** The origins of all requests that the page and its workers make. */
function watchOrigins(page: Page): Set<string> {
  const origins = new Set<string>()
  page.context().on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http')) origins.add(origin)
  })
  return origins
}

/** Writes images as a parquet file with Snappy compression, which WebAssembly unpacks. */
async function writeParquet(): Promise<string> {
  const files = (await threeClasses()).filter(({ path }) => !path.includes('broken'))
  const path = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), 'train.parquet')
  writeFileSync(path, goodTable(files))
  return path
}

/** A lossless WebP with alpha, which WebAssembly decodes. */
async function clearImage(): Promise<ImageFile> {
  const image = sharp({
    create: { width: 30, height: 20, channels: 4, background: { r: 9, g: 90, b: 200, alpha: 0.2 } },
  })
  return { path: 'cat/clear.webp', bytes: await image.webp({ lossless: true }).toBuffer() }
}

const dataRegion = (page: Page) => page.getByRole('region', { name: 'Data', exact: true })

async function trainAndPause(page: Page): Promise<void> {
  const header = page.getByRole('banner')
  await startTraining(page)
  await header.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect(page.getByText('Paused', { exact: true })).toBeVisible({ timeout: 120_000 })
  await header.getByRole('button', { name: 'Resume' }).click()
  await untilEnded(page)
}

test('a full story stays within its origin and its policy', async ({ page, violations, baseURL }) => {
  const logged: string[] = []
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) logged.push(message.text())
  })
  const origins = watchOrigins(page)
  await openToy(page, { epochs: 4, images: 4, batch: 10 })

  await test.step('train on CIFAR-10, pause and resume', async () => {
    await useCifar10(page)
    await trainAndPause(page)
  })

  await test.step('measure', async () => {
    const ablate = await openStep(page, 'Ablate')
    await ablate.getByRole('button', { name: 'More settings' }).click()
    await ablate.getByRole('textbox', { name: 'Points per curve' }).fill('3')
    await ablate.getByRole('button', { name: 'Run ablation' }).click()
    await expect(page.getByRole('region', { name: 'Ablation', exact: true })).toBeVisible({ timeout: 120_000 })
    await expect(page.getByRole('progressbar', { name: 'Measuring' })).toHaveCount(0, { timeout: 120_000 })
    await page
      .getByRole('region', { name: 'Selectivity by site', exact: true })
      .locator('.heat-cells rect')
      .first()
      .click()
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('layer1.0')
  })

  await test.step('export', async () => {
    for (const item of ['Download SVG', 'Download PNG', 'Download CSV']) await downloadFrom(page, 'Selectivity', item)
    await exportRun(page)
  })

  for (const [name, path] of [
    ['parquet', await writeParquet()],
    ['zip', await writeZip('animals.zip', [...(await threeClasses()), await clearImage()])],
  ]) {
    await test.step(`drop a ${name} file`, async () => {
      await drop(page, [path])
      await expect(dataRegion(page)).toContainText(new RegExp(`${basename(path)}\\D*3\\D`), { timeout: 60_000 })
    })
  }

  expect([...origins]).toEqual([new URL(baseURL ?? '').origin])
  expect(violations).toEqual([])
  expect(logged).toEqual([])
})

test('the policy covers page and workers', async ({ page, violations }) => {
  await openToy(page, { epochs: 1, images: 4, batch: 10 })
  await expect(page.getByRole('button', { name: 'Use CIFAR-10' })).toBeVisible()
  // It starts after the first paint.
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'))
  const breach = () => {
    fetch('https://example.org/').catch(() => {})
    // A timer runs this, because the policy does not apply to code that the debugger evaluates.
    setTimeout(() => {
      try {
        new Function('return 1')()
      } catch {}
    })
  }
  const found = () => violations.map(({ 'csp-report': report }) => report['effective-directive'])
  await page.evaluate(breach)
  await expect.poll(found).toEqual(['connect-src', 'script-src'])
  await worker.evaluate(breach)
  await expect.poll(found).toEqual(['connect-src', 'script-src', 'connect-src', 'script-src'])
})
