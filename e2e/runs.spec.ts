/** The view Runs: a run of an earlier visit opens with every chart, is exported, deleted, restored and imported again. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { oldPath } from '../src/testing/old-runs.ts'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { bytesOf, expectAccessible, openToy, startButton, startTraining, untilEnded, unzip } from './lab.ts'

const table = (page: Page) => page.getByRole('grid', { name: 'All runs' })
const details = (page: Page) => page.getByRole('region', { name: /^Run / })
const row = (page: Page, name: string) => table(page).getByRole('row', { name: new RegExp(`^${name}$`) })

/** Waits until the page shows the run that begins, and goes back to the list. */
async function backToRuns(page: Page): Promise<void> {
  await expect(page.getByRole('tab', { name: 'This run' })).toHaveAttribute('aria-selected', 'true')
  await openRuns(page)
}

async function openRuns(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Runs', exact: true }).click()
  await expect(table(page)).toBeVisible()
}

/** The values of a chart's table, and how many marks its drawings have. */
const chartNames = (page: Page) =>
  page.locator('#charts section.chart').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))

test('a run of an earlier visit is opened with every chart, changed, exported, deleted, restored and imported again', async ({
  page,
}) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await openToy(page, { epochs: 1, images: 8, batch: 12 }, { name: 'first' })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  const charts = await chartNames(page)
  const lossChart = page.getByRole('region', { name: 'Loss and accuracy', exact: true })
  // Charts draw a few times a second.
  await expect(lossChart).toContainText('at epoch 1.00')
  const loss = await lossChart.textContent()
  await page.goto('/')
  await openRuns(page)

  await test.step('it is in the table', async () => {
    await expect(row(page, 'first')).toContainText('Finished')
    await expect(row(page, 'first')).toContainText('animals')
    await expectAccessible(page)
  })

  await test.step('it opens with every chart', async () => {
    await row(page, 'first').getByRole('button', { name: 'first' }).click()
    await expect(page.getByRole('tab', { name: 'This run' })).toHaveAttribute('aria-selected', 'true')
    await expect.poll(() => chartNames(page)).toEqual(charts)
    await expect(lossChart).toHaveText(loss ?? '')
    const inspector = page.getByRole('complementary', { name: 'Inspector' })
    await inspector.getByRole('textbox', { name: 'Go to unit' }).fill('layer3.0:5')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Unit layer3.0:5' })).toBeVisible()
  })

  await test.step('it is renamed, tagged and pinned', async () => {
    await openRuns(page)
    await row(page, 'first').getByRole('checkbox').check({ force: true })
    await details(page).getByRole('textbox', { name: 'Tags' }).fill('keep, toy')
    await details(page).getByRole('textbox', { name: 'Name' }).fill('renamed')
    await page.keyboard.press('Enter')
    await expect(row(page, 'renamed')).toContainText('keep, toy')
    await page.getByText('Pinned', { exact: true }).click()
    await expect(row(page, '(pinned )?renamed')).toContainText('★')
  })

  const zip = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), 'renamed.zip')
  await test.step('it is exported with its checkpoints and resume points', async () => {
    await details(page).getByRole('button', { name: 'Export', exact: true }).click()
    const waiting = page.waitForEvent('download')
    await details(page).getByRole('button', { name: 'Export renamed' }).click()
    const download = await waiting
    const names = [...(await unzip(download)).keys()]
    expect(names).toEqual(expect.arrayContaining(['run.json', 'events.jsonl', 'units.bin', 'metrics.csv']))
    expect(names).toEqual(expect.arrayContaining(['selectivity.csv', 'checkpoints/epoch-0001.safetensors']))
    expect(names).toContain('resume/points.json')
    writeFileSync(zip, await bytesOf(download))
  })

  await test.step('it is deleted, restored, and deleted for good', async () => {
    await details(page).getByRole('button', { name: 'Delete renamed' }).click()
    await expect(row(page, '(pinned )?renamed')).toHaveCount(0)
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect(row(page, 'renamed')).toHaveCount(1)
    await row(page, 'renamed').getByRole('checkbox').check({ force: true })
    await details(page).getByRole('button', { name: 'Delete renamed' }).click()
    await page.getByRole('button', { name: /^Deleted: 1 run/ }).click()
    await page.getByRole('button', { name: 'Remove renamed for good' }).click()
    await expect(page.getByRole('button', { name: /^Deleted:/ })).toHaveCount(0)
  })

  await test.step('it is imported again, and opens with the same charts', async () => {
    await page.reload()
    await openRuns(page)
    await expect(row(page, '(pinned )?renamed')).toHaveCount(0)
    const more = page.getByRole('region', { name: 'More runs' })
    const choosing = page.waitForEvent('filechooser')
    await more.getByRole('button', { name: 'Choose run zips' }).click()
    await (await choosing).setFiles(zip)
    await expect(row(page, 'renamed')).toContainText('keep, toy')
    await row(page, 'renamed').getByRole('button', { name: 'renamed' }).click()
    await expect.poll(() => chartNames(page)).toEqual(charts)
    await expect(page.getByRole('region', { name: 'Loss and accuracy', exact: true })).toHaveText(loss ?? '')
  })

  await test.step('the view fits a narrow window', async () => {
    await openRuns(page)
    await page.setViewportSize({ width: 390, height: 800 })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(wide).toBeLessThanOrEqual(390)
    await expectAccessible(page)
  })
  expect(errors).toEqual([])
})

const oldZip = readFileSync(oldPath('page-export.zip'))

test('a zip on the same server opens by the address, and is stored at the user’s wish', async ({ page }) => {
  await page.route('**/shared/old.zip', (route) => route.fulfill({ body: oldZip, contentType: 'application/zip' }))
  await page.goto('/?run=shared/old.zip')
  await expect(page.getByRole('tab', { name: 'This run' })).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByRole('region', { name: 'Loss and accuracy', exact: true })).toContainText('validation')
  await openRuns(page)
  await expect(table(page).getByRole('row')).toHaveCount(2)
  await expect(table(page)).toContainText('not stored')
  await table(page).getByRole('row').nth(1).getByRole('checkbox').check({ force: true })
  await details(page)
    .getByRole('button', { name: /^Store / })
    .click()
  await expect(table(page)).not.toContainText('not stored')
  await page.goto('/')
  await openRuns(page)
  await expect(table(page).getByRole('row')).toHaveCount(2)
  await expect(table(page)).toContainText('Finished')
})

test('an address of another server is refused', async ({ page }) => {
  await page.goto('/?run=https://example.org/run.zip')
  await expect(page.getByRole('alert').filter({ hasText: 'is on another server' }).first()).toBeVisible()
})

test('a zip that is dropped on the charts is imported and opened', async ({ page }) => {
  await page.goto('/')
  const data = await page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], 'old.zip', { type: 'application/zip' }))
    return transfer
  }, oldZip.toString('base64'))
  await page.locator('#charts').dispatchEvent('drop', { dataTransfer: data })
  // The imported run opens by itself; only then does the page stay where the next press leads.
  await expect(page.getByRole('banner')).toContainText('old page')
  await expect(page.getByRole('tab', { name: 'This run' })).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByRole('region', { name: 'Loss and accuracy', exact: true })).toContainText('validation')
  await openRuns(page)
  await expect(table(page).getByRole('row')).toHaveCount(2)
})

test('runs that an earlier version stored are moved, and leave IndexedDB', async ({ page }) => {
  const entries = JSON.parse(readFileSync(oldPath('page-library.json'), 'utf8')) as [
    string,
    { log: string; name: string },
  ][]
  await page.goto('/')
  await page.evaluate(async (own) => {
    const opening = indexedDB.open('selectivity-lab-runs')
    opening.onupgradeneeded = () => opening.result.createObjectStore('runs')
    const db = await new Promise<IDBDatabase>((resolve) => {
      opening.onsuccess = () => resolve(opening.result)
    })
    const store = db.transaction('runs', 'readwrite').objectStore('runs')
    for (const [key, { log, ...rest }] of own) {
      const bytes = Uint8Array.from(atob(log), (letter) => letter.charCodeAt(0))
      store.put({ ...rest, log: new Blob([bytes]) }, key)
    }
    await new Promise((resolve) => {
      store.transaction.oncomplete = resolve
    })
    db.close()
  }, entries)
  await page.goto('/')
  await openRuns(page)
  await expect(table(page).getByRole('row')).toHaveCount(1 + entries.length)
  await expect(table(page)).toContainText(entries[0][1].name)
  const left = await page.evaluate(async () => {
    const opening = indexedDB.open('selectivity-lab-runs')
    const db = await new Promise<IDBDatabase>((resolve) => {
      opening.onsuccess = () => resolve(opening.result)
    })
    const counting = db.transaction('runs').objectStore('runs').count()
    return new Promise((resolve) => {
      counting.onsuccess = () => resolve(counting.result)
    })
  })
  expect(left).toBe(0)
  await page.reload()
  await openRuns(page)
  await expect(table(page).getByRole('row')).toHaveCount(1 + entries.length)
})

test('a run is repeated to the same bytes, trained further, and forked with another α', async ({ page }) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await openToy(page, { epochs: 2, images: 8, batch: 12 }, { name: 'mother' })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  const select = async (name: string) => {
    await openRuns(page)
    await row(page, name).getByRole('checkbox').check({ force: true })
    await expect(details(page)).toBeVisible()
  }

  await test.step('repeated', async () => {
    await select('mother')
    await details(page).getByRole('button', { name: 'Repeat this run' }).click()
    await backToRuns(page)
    await expect(row(page, 'mother again')).toContainText('Finished', { timeout: 120_000 })
    await expect(row(page, 'mother again')).toContainText('repeat of mother')
    await expect(page.getByRole('region', { name: 'Runs', exact: true })).toContainText(
      /The repetition of mother is identical: \d+ events/,
    )
  })

  await test.step('forked', async () => {
    await details(page).getByRole('button', { name: /^Fork/ }).click()
    await details(page).getByLabel('Leaves its parent at').selectOption({ label: 'epoch 1, step 2' })
    await details(page).getByRole('textbox', { name: 'Name of the fork' }).fill('child')
    const changes = details(page).getByRole('textbox', { name: /^Other changed settings/ })
    await changes.fill('model.width=3')
    await expect(details(page).getByRole('alert')).toContainText('a fork keeps model.width')
    await changes.fill('')
    await details(page).getByRole('textbox', { name: 'α from there on' }).fill('-4')
    await expectAccessible(page)
    await details(page).getByRole('button', { name: 'Train the fork' }).click()
    await backToRuns(page)
    await expect(row(page, 'child')).toContainText('Finished', { timeout: 120_000 })
    await expect(row(page, 'child')).toContainText('fork of mother at epoch 1')
    await page.reload()
    await openRuns(page)
    await row(page, 'child').getByRole('button', { name: 'child' }).click()
    const loss = page.getByRole('region', { name: 'Loss and accuracy', exact: true })
    await expect(loss).toContainText('validation')
  })

  await test.step('trained further', async () => {
    await drop(page, [writeFolder('animals', await threeClasses())])
    await expect(startButton(page)).toBeEnabled({ timeout: 60_000 })
    await select('mother')
    await details(page)
      .getByRole('button', { name: /^Extend/ })
      .click()
    await details(page)
      .getByRole('textbox', { name: /^Epochs in all/ })
      .fill('3')
    await details(page).getByRole('button', { name: 'Extend the run' }).click()
    await backToRuns(page)
    await expect(row(page, 'mother')).toContainText('Finished', { timeout: 120_000 })
    await expect(row(page, 'mother').getByRole('gridcell').nth(5)).toHaveText('3', { timeout: 120_000 })
  })
  expect(errors).toEqual([])
})
