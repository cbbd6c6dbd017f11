/** Steps that several stories share. */
import { readFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { type Download, expect, type Locator, type Page } from '@playwright/test'
import { BlobReader, TextWriter, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'

export async function openLab(page: Page): Promise<void> {
  await page.goto('./')
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toBeVisible()
}

/** The size of a run that takes seconds, not hours. */
export interface Toy {
  readonly epochs: number
  readonly images: number
  readonly batch: number
}

/** Opens the page with a configuration in its address, like a copied link. `query`: limits of a poorer device. */
export async function openToy(
  page: Page,
  { epochs, images, batch }: Toy,
  changes: object = {},
  query = '',
): Promise<void> {
  const config = {
    name: 'toy',
    data: { imagesPerClass: images, validationImagesPerClass: 2, inputSize: 16, augmentation: 'crop-flip' },
    model: { blocks: [1, 1, 1, 1], width: 2, block: 'basic', stem: 'cifar' },
    optimizer: { learningRate: 0.05 },
    train: { epochs, batchSize: batch, microBatchSize: batch },
    probe: { imagesPerClass: 2, earlyEpochs: 1, perEarlyEpoch: 2, floorShuffles: 2 },
    ...changes,
  }
  await page.goto(`./${query}#config=${encodeURIComponent(JSON.stringify(config))}`)
}

export type StepName = 'Data' | 'Model' | 'Train' | 'Observe' | 'Ablate' | 'Compare' | 'Export'

/** Opens a step of the rail, which on a narrow screen is behind the button Setup. Returns its region. */
export async function openStep(page: Page, name: StepName): Promise<Locator> {
  const step = page.getByRole('region', { name, exact: true })
  const setup = page.getByRole('button', { name: 'Setup', exact: true })
  const header = step.getByRole('button', { name, exact: true })
  await expect(header.or(setup).first()).toBeVisible()
  if (!(await header.isVisible())) await setup.click()
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.click()
  await expect(header).toHaveAttribute('aria-expanded', 'true')
  return step
}

export async function useCifar10(page: Page): Promise<void> {
  await openStep(page, 'Data')
  await page.getByRole('button', { name: 'Use CIFAR-10' }).click()
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toContainText('50,000')
}

export const startButton = (page: Page) => page.getByRole('button', { name: 'Start training' })

export async function startTraining(page: Page): Promise<void> {
  await expect(startButton(page)).toBeEnabled({ timeout: 60_000 })
  await startButton(page).click()
}

/** Waits for the run's end, when the start button appears again. */
export async function untilEnded(page: Page): Promise<void> {
  await expect(startButton(page)).toBeVisible({ timeout: 200_000 })
}

export async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path())
}

export type Files = ReadonlyMap<string, Uint8Array>

/** Unpacks a downloaded zip. */
export async function unzip(download: Download): Promise<Files> {
  const blob = new Blob([new Uint8Array(await bytesOf(download))])
  const entries = await new ZipReader(new BlobReader(blob), { useWebWorkers: false }).getEntries()
  const files = entries.filter((entry) => !entry.directory)
  return new Map(
    await Promise.all(
      files.map(async (entry) => [entry.filename, await entry.getData(new Uint8ArrayWriter())] as const),
    ),
  )
}

export const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

export interface LoggedEvent {
  readonly type: string
  readonly [key: string]: unknown
}

export const eventsOf = (files: Files): LoggedEvent[] => {
  const [name] = [...files.keys()].filter((path) => path.endsWith('events.jsonl'))
  return textOf(files.get(name))
    .trim()
    .split('\n')
    .map((line): LoggedEvent => JSON.parse(line))
}

export async function exportRun(page: Page): Promise<Files> {
  await openStep(page, 'Export')
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export run', exact: true }).click()
  return unzip(await waiting)
}

/** Selects an item of a chart's menu and returns the downloaded file. */
export async function downloadFrom(page: Page, chart: string, item: string): Promise<Download> {
  await page.getByRole('button', { name: `${chart} menu` }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: item, exact: true }).click()
  return waiting
}

/** Expects that axe finds no serious problem on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))])).toEqual([])
}

export { TextWriter }
