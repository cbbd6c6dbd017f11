import { rmSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { expectAccessible, openToy } from './lab.ts'

const open = (page: Page) => openToy(page, { epochs: 1, images: 8, batch: 12 })
const samples = (page: Page) => page.getByRole('list', { name: 'Sample images' })

async function choose(page: Page, label: string, option: RegExp) {
  await page.getByRole('button', { name: new RegExp(label) }).click()
  await page.getByRole('option', { name: option }).click()
}

test('folders can be read with another layout, which is remembered with the source', async ({ page }) => {
  const files = (await threeClasses(3)).map(({ path, bytes }) => ({ path: `${path[0]}/${path}`, bytes }))
  const folder = writeFolder('animals', files)
  await open(page)
  await drop(page, [folder])
  await expect(page.locator('.notes')).toContainText('The folders are grouped by first letter, for example c;')
  await expect(
    samples(page)
      .getByRole('img', { name: /^fox, / })
      .first(),
  ).toBeVisible()
  await choose(page, 'Read folders as', /^paths: 3 classes \(c\/cat, d\/dog, f\/fox\)/)
  await expect(
    samples(page)
      .getByRole('img', { name: /^f\/fox, / })
      .first(),
  ).toBeVisible()
  await expect(page.locator('.found')).toContainText('all folders of an image together are its class')
  await expectAccessible(page)

  await page.reload()
  await page
    .getByRole('list', { name: 'Recent sources' })
    .getByRole('button', { name: /^animals folder/ })
    .click()
  await expect(
    samples(page)
      .getByRole('img', { name: /^f\/fox, / })
      .first(),
  ).toBeVisible()
  await choose(page, 'Read folders as', /^automatic/)
  await expect(
    samples(page)
      .getByRole('img', { name: /^fox, / })
      .first(),
  ).toBeVisible()
  rmSync(folder, { recursive: true })
})

test('a refused folder can be read with another layout', async ({ page }) => {
  const files = (await threeClasses(3)).filter(({ path }) => !path.startsWith('fox'))
  const renamed = files.map(({ path, bytes }) => ({ path: path.replace('cat', 'train').replace('dog', 'val'), bytes }))
  await open(page)
  await drop(page, [writeFolder('vehicles', renamed)])
  await expect(page.getByRole('alert')).toContainText('If this folder is a class, choose the layout classes.')
  await choose(page, 'Read its folders as', /^classes:/)
  await expect(
    samples(page)
      .getByRole('img', { name: /^val, / })
      .first(),
  ).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})
