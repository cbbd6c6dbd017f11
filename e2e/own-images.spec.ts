import { expect, type Page, test } from '@playwright/test'
import { drop, dropOnCharts } from './drop.ts'
import { threeClasses, writeFolder, writeZip } from './fixtures.ts'
import { eventsOf, exportRun, openStep, openToy, startTraining, untilEnded } from './lab.ts'

const dataRegion = (page: Page) => page.getByRole('region', { name: 'Data', exact: true })

async function expectThreeClasses(page: Page): Promise<void> {
  const data = dataRegion(page)
  await expect(data).toContainText(/Training images\s*33/)
  await expect(data).toContainText(/Validation images\s*3/)
  await expect(data).toContainText(/1 (unreadable|file)/)
}

test('a dropped folder of three classes with one broken file is read and shown, and a run trains on it', async ({
  page,
}) => {
  const folder = writeFolder('animals', await threeClasses())
  await openToy(page, { epochs: 1, images: 8, batch: 12 })
  await drop(page, [folder])
  await expectThreeClasses(page)
  const data = dataRegion(page)
  await data
    .getByText(/unreadable/)
    .first()
    .click()
  await expect(data).toContainText('broken.png')
  await expect(data).toContainText('the PNG is truncated')
  await startTraining(page)
  await untilEnded(page)
  const [start] = eventsOf(await exportRun(page)).filter(({ type }) => type === 'start')
  expect(start.classes).toEqual(['cat', 'dog', 'fox'].map((id) => ({ id, name: id })))
  expect(start.images).toMatchObject({ train: 24 })
})

test('a zip that is dropped on the charts opens Data; it and a chosen zip give the same dataset', async ({ page }) => {
  const zip = await writeZip('animals.zip', await threeClasses())
  await openToy(page, { epochs: 1, images: 8, batch: 12 })
  await openStep(page, 'Model')
  await dropOnCharts(page, [zip])
  await expectThreeClasses(page)
  const fingerprint = await dataRegion(page).locator('code').first().innerText()
  await page.reload()
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose an archive' }).click()
  await (await choosing).setFiles(zip)
  await expectThreeClasses(page)
  expect(await dataRegion(page).locator('code').first().innerText()).toBe(fingerprint)
})

test('a chosen folder is read', async ({ page }) => {
  const folder = writeFolder('animals', await threeClasses())
  await openToy(page, { epochs: 1, images: 8, batch: 12 })
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await choosing).setFiles(folder)
  await expectThreeClasses(page)
})

test('wrong and empty folders are refused with the reason and the cure, and the earlier dataset stays', async ({
  page,
}) => {
  const good = writeFolder('animals', await threeClasses())
  const flat = writeFolder(
    'flat',
    (await threeClasses()).slice(0, 3).map(({ bytes }, i) => ({ path: `${i}.png`, bytes })),
  )
  const none = writeFolder('texts', [{ path: 'a/readme.txt', bytes: new Uint8Array(3) }])
  await openToy(page, { epochs: 1, images: 8, batch: 12 })
  await drop(page, [good])
  await expectThreeClasses(page)
  await drop(page, [flat])
  await expect(page.getByRole('alert')).toContainText('no class folders')
  await expect(page.getByRole('alert')).toContainText('Expected one folder per class')
  await expectThreeClasses(page)
  await drop(page, [none])
  await expect(page.getByRole('alert')).toContainText('no images in texts')
})
