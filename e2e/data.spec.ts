import { execFileSync } from 'node:child_process'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import type { DataReport } from '../src/protocol/data-report.ts'
import { bmpOf } from '../src/testing/archives.ts'
import { drop } from './drop.ts'
import { damagedClasses, type ImageFile, threeClasses, writeFolder, writeMembers, writeZip } from './fixtures.ts'
import { eventsOf, expectAccessible, exportRun, openStep, openToy, startTraining, untilEnded } from './lab.ts'

/** Waits until the source is stored for the next visit. */
const untilListed = (page: Page) => expect(page.getByRole('button', { name: 'Recent (1)' })).toBeVisible()

const dataRegion = (page: Page) => page.getByRole('region', { name: 'Data', exact: true })
const open = (page: Page) => openToy(page, { epochs: 1, images: 8, batch: 12 })

/** The command line's report on the same source. */
const inspect = (path: string): DataReport =>
  JSON.parse(execFileSync(process.execPath, ['scripts/lab.mjs', 'inspect', path, '--json'], { encoding: 'utf8' }))

/** The report that the page offers to copy. */
async function copiedReport(page: Page): Promise<DataReport> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await expect(page.locator('.found')).toBeVisible()
  await page.getByRole('button', { name: 'Files and contents' }).click()
  await page.getByRole('button', { name: 'Copy report' }).click()
  await expect(page.getByRole('button', { name: 'Copy report' })).toHaveText('Copied')
  return JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
}

/** Writes the files to the folder `animals` of the page's private file system, whose handles behave like a disk's. */
async function writeInPage(page: Page, files: readonly ImageFile[]): Promise<void> {
  const texts = files.map(({ path, bytes }) => ({ path, base64: Buffer.from(bytes).toString('base64') }))
  await page.evaluate(async (all) => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('animals', { create: true })
    for (const { path, base64 } of all) {
      const [folder, name] = path.split('/')
      const file = await (await root.getDirectoryHandle(folder, { create: true })).getFileHandle(name, { create: true })
      const stream = await file.createWritable()
      await stream.write(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))
      await stream.close()
    }
  }, texts)
}

/** Slows down the reading of each file, by changing the worker's script while it is served. */
async function slowDisk(page: Page, milliseconds: number): Promise<void> {
  const slow = `const read = Blob.prototype.arrayBuffer
    Blob.prototype.arrayBuffer = async function () {
      await new Promise((done) => setTimeout(done, ${milliseconds}))
      return read.call(this)
    };`
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: slow + (await response.text()) })
  })
}

const writers = {
  folder: async (files: ImageFile[]) => writeFolder('animals', files),
  zip: (files: ImageFile[]) => writeZip('animals.zip', files),
  'tar.gz of several members': async (files: ImageFile[]) => writeMembers('animals.tar.gz', files),
} as const

for (const [kind, write] of Object.entries(writers)) {
  test(`a dropped ${kind} has the same report as on the command line`, async ({ page }) => {
    const files = await threeClasses()
    const path = await write(files)
    await open(page)
    await drop(page, [path])
    const report = await copiedReport(page)
    const { fingerprint, contents, classes, images, bytes, sizes, formats } = inspect(path)
    expect(report).toMatchObject({ fingerprint, contents, classes, images, bytes, sizes, formats })
    expect(report.unreadable.map((file) => file.path)).toEqual(['cat/broken.png'])
    await expect(dataRegion(page)).toContainText(fingerprint.slice(0, 12))
    await expect(dataRegion(page)).toContainText(/Per class\s*11 each/)
  })
}

test('folders of one name, with files of equal sizes and times, are told apart at each visit', async ({ page }) => {
  const files = (shade: number) =>
    ['cat', 'dog'].flatMap((name, c) =>
      [0, 1, 2].map((i) => ({ path: `${name}/${i}.bmp`, bytes: bmpOf(8, 8, (x, y) => [shade + 10 * c + i, x, y]) })),
    )
  const write = (folder: string, shade: number) => {
    for (const { path, bytes } of files(shade)) {
      writeFileSync(join(folder, path), bytes)
      utimesSync(join(folder, path), 1, 1)
    }
  }
  const [first, second] = [10, 110].map((shade) => writeFolder('animals', files(shade)))
  write(first, 10)
  write(second, 110)
  await open(page)
  const contentsOf = async (folder: string) => {
    await page.reload()
    await drop(page, [folder])
    return (await copiedReport(page)).contents
  }
  const [here, there] = [inspect(first).contents, inspect(second).contents]
  expect(here).not.toBe(there)
  expect([await contentsOf(first), await contentsOf(second), await contentsOf(first)]).toEqual([here, there, here])
  write(first, 110)
  expect(await contentsOf(first)).toBe(there)
})

test('the items of a picker are read by their handles, and closing the picker changes nothing', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'webdriver', { value: false })
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('animals')
    window.showOpenFilePicker = async () => {
      throw new DOMException('The user aborted a request.', 'AbortError')
    }
  })
  await open(page)
  await writeInPage(page, await threeClasses())
  await page.getByRole('button', { name: 'Choose an archive' }).click()
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await expect(dataRegion(page)).toContainText(/Training images\s*33/)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Recent (1)' })).toBeVisible()
})

test('several folders dropped together are one dataset', async ({ page }) => {
  const folder = writeFolder('animals', await threeClasses())
  await open(page)
  await drop(
    page,
    ['cat', 'dog', 'fox'].map((name) => `${folder}/${name}`),
  )
  await expect(dataRegion(page)).toContainText(/Dataset\s*3 dropped items/)
  await expect(dataRegion(page)).toContainText(/Classes\s*3/)
})

test('a damaged dataset has a report of its defects by reason, and passes axe with everything open', async ({
  page,
}) => {
  const folder = writeFolder('damaged', await damagedClasses())
  await open(page)
  await drop(page, [folder])
  const data = dataRegion(page)
  await data.getByRole('button', { name: '4 unreadable files, left out' }).click()
  await expect(data).toContainText(/the PNG is truncated\s*2 files/)
  await expect(data).toContainText('the file is empty')
  await expect(data).toContainText('train/fox/text.png')
  await data.getByRole('button', { name: /2 groups of identical files; 1 validation image also in training/ }).click()
  await expect(data).toContainText(/train\/cat\/0\.png = val\/cat\/same\.png/)
  await expect(data.getByRole('img', { name: /Images by shorter side: .*px: \d+ images?/ })).toBeVisible()
  await expect(data.getByRole('img', { name: /Training images per class: .*fewest in/ })).toBeVisible()
  await data.getByRole('button', { name: /Cached images/ }).click()
  await data.getByRole('button', { name: 'Files and contents' }).click()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await data.getByRole('button', { name: 'Copy the unreadable files' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^train\/.*\t.*is truncated/m)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
})

test('the needs of the run follow the configuration', async ({ page }) => {
  await open(page)
  await drop(page, [writeFolder('animals', await threeClasses())])
  const takes = page.getByRole('region', { name: 'What the run needs' })
  await expect(takes).toContainText('24 training + 3 validation')
  await expect(takes).toContainText(/20\.3 KiB at 16 px/)
  await page.getByRole('textbox', { name: 'Images per class' }).first().fill('2')
  await expect(takes).toContainText('6 training + 3 validation')
})

test('samples of one class can be shown, and then of all classes again', async ({ page }) => {
  await open(page)
  await drop(page, [writeFolder('animals', await threeClasses())])
  const samples = page.getByRole('list', { name: 'Sample images' })
  await expect(samples.getByRole('img', { name: /^fox/ })).toHaveCount(8)
  await page.getByRole('button', { name: /Samples of/ }).click()
  await page.getByRole('option', { name: 'fox' }).click()
  await expect(samples.getByRole('img', { name: /^fox, fox\/\d+\.(png|jpg)$/ })).toHaveCount(11)
  await expect(samples.getByRole('img', { name: /^(cat|dog)/ })).toHaveCount(0)
  await page.getByRole('button', { name: /Samples of/ }).click()
  await page.getByRole('option', { name: 'all classes' }).click()
  await expect(samples.getByRole('img', { name: /^cat/ })).toHaveCount(8)
})

test('a source is listed at the next visit and can be read again; a missing one is reported and can be forgotten', async ({
  page,
}) => {
  const folder = writeFolder('animals', await threeClasses())
  await open(page)
  await drop(page, [folder])
  await untilListed(page)
  await page.reload()
  const recent = page.getByRole('list', { name: 'Recent sources' })
  await recent.getByRole('button', { name: /^animals folder/ }).click()
  await expect(dataRegion(page)).toContainText(/Training images\s*33/)
  rmSync(folder, { recursive: true })
  await page.reload()
  await recent.getByRole('button', { name: /^animals folder/ }).click()
  await expect(page.getByRole('alert')).toContainText('animals is no longer there')
  await recent.getByRole('button', { name: 'Forget animals' }).click()
  await expect(recent).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Choose a folder' })).toBeVisible()
  await expect(recent).toHaveCount(0)
})

test('a missing permission is reported, and requested only by a press', async ({ page }) => {
  await page.addInitScript(() => {
    const state = window as unknown as { requests: number }
    state.requests = 0
    FileSystemHandle.prototype.queryPermission = async () => 'prompt'
    FileSystemHandle.prototype.requestPermission = async () => {
      state.requests++
      return 'denied'
    }
  })
  await open(page)
  await drop(page, [writeFolder('animals', await threeClasses())])
  await untilListed(page)
  await page.reload()
  const row = page.getByRole('button', { name: /^animals folder/ })
  await expect(row).toBeVisible()
  const requests = () => page.evaluate(() => (window as unknown as { requests: number }).requests)
  expect(await requests()).toBe(0)
  await row.click()
  await expect(page.getByRole('alert')).toContainText('Permission to read animals was not given')
  expect(await requests()).toBe(1)
})

test('reading can be cancelled; a run starts, trains and ends before all images are checked', async ({ page }) => {
  const folder = writeFolder('many', await threeClasses(100))
  await slowDisk(page, 1500)
  await open(page)
  await drop(page, [folder])
  await expect(page.getByRole('progressbar', { name: 'Reading images' })).toBeVisible()
  await page.getByRole('button', { name: 'Cancel reading' }).click()
  await expect(page.locator('.reading')).toHaveCount(0)
  await expect(page.locator('.found')).toHaveCount(0)
  await drop(page, [folder])
  await expect(dataRegion(page)).toContainText(/Training images\s*271/)
  const check = page.getByRole('progressbar', { name: 'Checking images' })
  await expect(check).toBeVisible()
  await startTraining(page)
  await expect(page.getByRole('progressbar', { name: 'Reading images' })).toBeVisible()
  await untilEnded(page)
  await openStep(page, 'Data')
  await expect(check).toBeVisible()
  await page.getByRole('button', { name: 'Skip the check' }).click()
  await expect(page.getByRole('button', { name: 'Check all images' })).toBeVisible()
  const report = await copiedReport(page)
  expect(report.checked).toBeGreaterThanOrEqual(30)
  expect(report.checked).toBeLessThan(300)
  expect(report.contents).toBeNull()
  const { fingerprint } = inspect(folder)
  expect(report.fingerprint).toBe(fingerprint)
  const [start] = eventsOf(await exportRun(page)).filter(({ type }) => type === 'start')
  expect(start).toMatchObject({ images: { train: 24, validation: 6 }, environment: { data: { fingerprint } } })
  expect(start).toHaveProperty('environment.data.used.train', expect.stringMatching(/^[0-9a-f]{64}$/))
})
