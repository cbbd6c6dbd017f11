/** The layout follows the window's size: no part has the width of an earlier size. */
import { expect, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { openToy, startTraining, untilEnded } from './lab.ts'

/** The names of boxes that are wider than their column, and of columns whose content overflows. */
const tooWide = (page: Page) =>
  page.evaluate(() => {
    const columns = [...document.querySelectorAll('.inspector, .center, .rail, .time-line')]
    const nameOf = (element: Element) => `${element.tagName} ${element.className} ${element.ariaLabel ?? ''}`.trim()
    const overflowing = columns
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map((column) => `${nameOf(column)}: ${column.scrollWidth} in ${column.clientWidth}`)
    const wide = columns.flatMap((column) => {
      const right = column.getBoundingClientRect().left + column.clientWidth
      return [...column.querySelectorAll('.chart, .plot, svg[data-plot], table, dl, section')]
        .filter((part) => part.checkVisibility() && !part.closest('.chart-table, .claim-table, .plot-tip'))
        .filter((part) => part.getBoundingClientRect().right > right + 0.5)
        .map((part) => `${nameOf(part)} ends right of ${nameOf(column)}`)
    })
    return [...overflowing, ...wide]
  })

async function resize(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  await expect.poll(() => tooWide(page)).toEqual([])
}

test('every chart and the inspector fit their columns again after a phone’s width', async ({ page }) => {
  await openToy(page, { epochs: 2, images: 8, batch: 12 })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  const inspector = page.getByRole('complementary', { name: 'Inspector' })
  const widthOfInspector = async () => (await inspector.boundingBox())?.width

  await test.step('with a site in the inspector', async () => {
    await expect(inspector.getByRole('region', { name: /^Site/ })).toBeVisible()
    await resize(page, 1280)
    const before = await widthOfInspector()
    for (const width of [390, 1000, 390, 1280]) await resize(page, width)
    expect(await widthOfInspector()).toBe(before)
  })

  await test.step('with a unit in the inspector', async () => {
    await inspector.getByRole('textbox', { name: 'Go to unit' }).fill('layer2.0:1')
    await page.keyboard.press('Enter')
    await inspector.getByRole('button', { name: 'Show what activates it' }).click()
    await expect(inspector.getByRole('region', { name: 'Class tuning' })).toBeVisible({ timeout: 60_000 })
    for (const width of [390, 1280]) await resize(page, width)
  })
})
