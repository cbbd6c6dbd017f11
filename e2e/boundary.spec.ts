/** If a part of the page throws, it shows the error, and the rest of the page still works. */
import { expect, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { expectAccessible, openToy, startTraining, untilEnded } from './lab.ts'

/** Makes the training worker reachable for `sendToPage`. */
async function exposeWorker(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Real = Worker
    window.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        if (options?.name === 'lab') Reflect.set(window, 'labWorker', this)
      }
    }
  })
}

/** Delivers a message to the page as if the training worker had sent it. */
const sendToPage = (page: Page, message: object) =>
  page.evaluate((data) => {
    Reflect.get(window, 'labWorker').dispatchEvent(new MessageEvent('message', { data }))
  }, message)

/** True if the browser would request a confirmation before it closes the page. */
const asksBeforeLeaving = (page: Page) =>
  page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })))

test('a malformed probe breaks two parts of the page; the other parts, Stop and the leave warning still work', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await exposeWorker(page)
  await openToy(page, { epochs: 400, images: 8, batch: 4 }, { checkpoint: { everyEpochs: 100 } })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  const sites = page.getByRole('region', { name: 'Selectivity by site', exact: true })
  await expect(sites.getByRole('application')).toBeVisible({ timeout: 120_000 })

  await page.getByRole('group', { name: 'Run', exact: true }).getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('banner')).toContainText('Paused')
  const malformed = { type: 'probe', step: 1, epoch: 0.01, time: 1, images: 2, modules: [], sites: [] }
  await sendToPage(page, { type: 'event', event: { ...malformed, network: { selectivity: 0, floor: 0 } } })

  const failed = page.getByRole('alert', { name: 'Selectivity by site failed' })
  await expect(failed).toContainText('Selectivity by site cannot be shown.')
  await expect(page.getByRole('alert', { name: 'Inspector failed' })).toBeVisible()
  for (const name of ['Selectivity', 'Loss and accuracy', 'Time line', 'Data', 'Train'])
    await expect(page.getByRole('region', { name, exact: true })).toBeVisible()
  await expectAccessible(page)

  await failed.getByRole('button', { name: 'Copy details' }).click()
  const details = await page.evaluate(() => navigator.clipboard.readText())
  expect(details).toMatch(/^Part: Selectivity by site\nLab: \d+\.\d+\.\d+\nBrowser: Mozilla/)
  expect(details).toMatch(/\nMessage: \S/)
  expect(details).toMatch(/Stack:\nTypeError: .*\n\s+at /)
  expect(details).toMatch(/Components:\n\s*at /)

  // The malformed probe is still the newest, so the part fails again. It works at an earlier moment.
  await failed.getByRole('button', { name: 'Try again' }).click()
  await expect(failed).toBeVisible()
  await page.getByRole('slider', { name: 'Moment shown' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('alert', { name: 'Inspector failed' }).getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('alert', { name: 'Inspector failed' })).toHaveCount(0)

  // Code that does not arrive: the message says what to do, the run goes on, and the button loads it again.
  await page.route(/compare-view-.*\.js$/, (route) => route.abort())
  await page.getByRole('tab', { name: 'Compare', exact: true }).click()
  const unloaded = page.getByRole('alert', { name: 'Compare failed' })
  await expect(unloaded).toContainText('A part of the page could not be loaded')
  await expect(unloaded).toContainText('reload the page')
  await expect(page.getByRole('banner')).toContainText('Paused')
  await page.unroute(/compare-view-.*\.js$/)
  await unloaded.getByRole('button', { name: 'Try again' }).click()
  await expect(unloaded).toHaveCount(0)
  await expect(page.getByRole('tabpanel')).toContainText(/compare/i)
  await page.getByRole('tab', { name: 'This run' }).click()

  // The run is stored, and can be resumed.
  expect(await asksBeforeLeaving(page)).toBe(false)
  await sendToPage(page, { type: 'not-stored', runId: '', message: 'The storage is full.' })
  expect(await asksBeforeLeaving(page)).toBe(true)
  await page.getByRole('group', { name: 'Run', exact: true }).getByRole('button', { name: 'Stop' }).click()
  await untilEnded(page)
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('Stopped')
  expect(await asksBeforeLeaving(page)).toBe(false)
})
