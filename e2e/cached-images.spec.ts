/**
 * The browser caches decoded images between visits, and the page lists and deletes them. A damaged cache never stops a
 * run.
 */
import { expect, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { eventsOf, exportRun, openStep, openToy, startTraining, untilEnded } from './lab.ts'

const dataRegion = (page: Page) => page.getByRole('region', { name: 'Data', exact: true })
const toy = { epochs: 1, images: 8, batch: 12 }
const cropped = { data: { inputSize: 16, augmentation: 'random-resized-crop', imagesPerClass: 8 } }

async function cachedRows(page: Page) {
  await openStep(page, 'Data')
  await dataRegion(page)
    .getByRole('button', { name: /Cached images/ })
    .click()
  return dataRegion(page).getByRole('list', { name: 'Cached images' }).getByRole('listitem')
}

test('the cache stores images during reading, serves the run and the next visit, and can be deleted', async ({
  page,
}) => {
  const folder = writeFolder('animals', await threeClasses())
  await openToy(page, toy, cropped)
  await drop(page, [folder])
  await expect(dataRegion(page)).toContainText('1 unreadable file')
  const rows = await cachedRows(page)
  await expect(rows).toHaveCount(1)
  await expect(rows).toContainText('36 at 18 px')
  await startTraining(page)
  await untilEnded(page)
  const first = eventsOf(await exportRun(page)).filter(({ type }) => type === 'step')
  expect(first.length).toBeGreaterThan(0)

  await page.reload()
  await drop(page, [folder])
  await expect(dataRegion(page)).toContainText('1 unreadable file')
  await startTraining(page)
  await untilEnded(page)
  const second = eventsOf(await exportRun(page)).filter(({ type }) => type === 'step')
  const losses = (steps: typeof first) => steps.map(({ loss }) => loss)
  expect(losses(second)).toEqual(losses(first))

  const again = await cachedRows(page)
  await expect(again).toHaveCount(1)
  await expect(again).toContainText('36 at 18 px')
  await again.getByRole('button', { name: /Delete/ }).click()
  await expect(again).toHaveCount(0)
})
