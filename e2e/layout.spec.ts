/** The layout follows the window's size: what each size shows first, and no part has the width of an earlier size. */
import { expect, type Locator, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { openStep, openToy, startTraining, untilEnded } from './lab.ts'

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
      return [...column.querySelectorAll('.chart, .plot, .flags, .time-track, svg, table, dl, section')]
        .filter((part) => part.checkVisibility() && !part.closest('.chart-table, .claim-table'))
        .filter((part) => part.getBoundingClientRect().right > right + 0.5)
        .map((part) => `${nameOf(part)} ends right of ${nameOf(column)}`)
    })
    return [...overflowing, ...wide]
  })

/** Notes each frame in which the page is wider than its window. Returns a function that reads the notes. */
async function wideFrames(page: Page): Promise<() => Promise<readonly string[]>> {
  const wide = await page.evaluateHandle(() => {
    const found: string[] = []
    const look = () => {
      const { scrollWidth } = document.documentElement
      if (scrollWidth > window.innerWidth) found.push(`${scrollWidth} in ${window.innerWidth}`)
      requestAnimationFrame(look)
    }
    look()
    return found
  })
  return () => wide.jsonValue()
}

async function resize(page: Page, width: number, height = 800): Promise<void> {
  await page.setViewportSize({ width, height })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  await expect.poll(() => tooWide(page)).toEqual([])
}

const heightOf = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => element.getBoundingClientRect().height)

/** How far the top of a chart is below the top of the window. */
const topOf = (page: Page, name: string) =>
  page.getByRole('region', { name, exact: true }).evaluate((element) => element.getBoundingClientRect().top)

/** The rail beside the charts: seven headers in sight, one open step, and the keys that move among them. */
async function expectRail(page: Page): Promise<void> {
  const headers = page.locator('.step-header')
  await expect(headers).toHaveCount(7)
  for (const header of await headers.all()) await expect(header).toBeInViewport({ ratio: 1 })
  await openStep(page, 'Data')
  await page.getByRole('button', { name: 'Data', exact: true }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Model', exact: true })).toHaveAttribute('aria-expanded', 'true')
  await expect(page.locator('.step-panel')).toHaveCount(1)
  await page.keyboard.press('End')
  await expect(page.getByRole('button', { name: 'Export', exact: true })).toBeFocused()
}

/** The rail of a narrow screen: a sheet that keeps the focus inside, and gives it back. */
async function expectSheet(page: Page): Promise<void> {
  const setup = page.getByRole('button', { name: 'Setup', exact: true })
  const sheet = page.getByRole('dialog', { name: 'Setup' })
  await setup.press('Enter')
  await expect(sheet).toBeVisible()
  for (let i = 0; i < 30; i++) await page.keyboard.press('Tab')
  expect(await sheet.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await expect(sheet).toBeHidden()
  await expect(setup).toBeFocused()
}

const chart = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

async function boxOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox()
  if (!box) throw new Error('the element is not shown')
  return box
}

/** Selectivity and accuracy stand beside each other, whole, above the time line. */
async function expectFirstScreen(page: Page): Promise<void> {
  const [left, right, line] = await Promise.all(
    [chart(page, 'Selectivity'), chart(page, 'Loss and accuracy'), page.locator('.time-line')].map(boxOf),
  )
  expect(right.y).toBe(left.y)
  expect(right.x).toBeGreaterThanOrEqual(left.x + left.width)
  for (const { y, height } of [left, right]) expect(y + height).toBeLessThanOrEqual(line.y)
}

/** The pointer changes the values above a plot. It moves nothing, and it draws no chart again. */
async function expectStillReadout(page: Page): Promise<void> {
  const readout = chart(page, 'Selectivity').locator('.plot-readout')
  const plot = await boxOf(chart(page, 'Selectivity').locator('.plot-overlay'))
  const [place, text] = [await boxOf(readout), await readout.textContent()]
  const redrawn = await page.evaluateHandle(() => {
    const changes: string[] = []
    const observer = new MutationObserver((all) => changes.push(...all.map(({ type }) => type)))
    const watched = { childList: true, attributes: true, characterData: true, subtree: true }
    for (const svg of document.querySelectorAll('.charts svg')) observer.observe(svg, watched)
    return changes
  })
  for (const share of [0.2, 0.3, 0.4]) await page.mouse.move(plot.x + share * plot.width, plot.y + plot.height / 2)
  await expect(readout).not.toHaveText(text ?? '')
  await expect(chart(page, 'Loss and accuracy').locator('.plot-cursor')).toHaveCount(2)
  expect(await boxOf(readout)).toEqual(place)
  expect(await redrawn.jsonValue()).toEqual([])
}

/** A chart fills the screen with the focus on its button, which the rest of the page cannot take, and gives both back. */
async function expectFullScreen(page: Page): Promise<void> {
  const selectivity = chart(page, 'Selectivity')
  const before = await boxOf(selectivity)
  await selectivity.getByRole('button', { name: 'Full screen' }).press('Enter')
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
  await expect.poll(() => selectivity.boundingBox()).toEqual({ x: 0, y: 0, width, height })
  expect((await boxOf(selectivity.locator('.plot'))).height).toBeGreaterThan(height / 2)
  await expect(selectivity.getByRole('button', { name: 'Leave full screen' })).toBeFocused()
  for (let i = 0; i < 20; i++) await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.closest('.header, .rail, .time-line'))).toBeNull()
  await page.keyboard.press('Escape')
  await expect.poll(() => selectivity.boundingBox()).toEqual(before)
  await expect(selectivity.getByRole('button', { name: 'Full screen' })).toBeVisible()
}

test('each size shows what it should first, and every part fits its column again after a phone’s width', async ({
  page,
}) => {
  await openToy(page, { epochs: 2, images: 8, batch: 12 })
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  const wide = await wideFrames(page)
  const inspector = page.getByRole('complementary', { name: 'Inspector' })
  const widthOfInspector = async () => (await inspector.boundingBox())?.width

  await test.step('on a laptop and a desktop: one row of header, seven steps, charts beside them', async () => {
    for (const [width, height] of [
      [1280, 800],
      [1440, 900],
    ]) {
      await resize(page, width, height)
      await expect.poll(() => heightOf(page, '.header')).toBeLessThan(60)
      await expectRail(page)
      await expect.poll(() => topOf(page, 'Selectivity')).toBeLessThan(height / 2)
    }
  })

  await test.step('two charts share the first screen, one fills it, and the pointer redraws none', async () => {
    await expectFirstScreen(page)
    await expectStillReadout(page)
    await expectFullScreen(page)
  })

  await test.step('on a phone, and at a zoom of 200 %: charts first, the steps behind Setup, the time line in reach', async () => {
    for (const [width, height] of [
      [390, 844],
      [640, 400],
    ]) {
      await resize(page, width, height)
      await page.evaluate(() => window.scrollTo(0, 0))
      await expect(page.locator('.step-header')).toHaveCount(0)
      await expect.poll(() => heightOf(page, '.header')).toBeLessThan(130)
      await expectSheet(page)
    }
    await resize(page, 390, 844)
    const lineAt = 844 - (await heightOf(page, '.time-line'))
    await expect.poll(() => topOf(page, 'Selectivity')).toBeLessThan(lineAt)
    await expect(page.getByRole('region', { name: 'Time line' })).toBeInViewport()
  })

  await test.step('with a site in the inspector', async () => {
    await expect(inspector.getByRole('region', { name: /^Site/ })).toBeVisible()
    await resize(page, 1280)
    const before = await widthOfInspector()
    for (const width of [390, 1000, 840, 390, 1280]) await resize(page, width)
    await expect.poll(widthOfInspector).toBe(before)
  })

  await test.step('with a unit in the inspector', async () => {
    await inspector.getByRole('textbox', { name: 'Go to unit' }).fill('layer2.0:1')
    await page.keyboard.press('Enter')
    await inspector.getByRole('button', { name: 'Show what activates it' }).click()
    await expect(inspector.getByRole('region', { name: 'Class tuning' })).toBeVisible({ timeout: 60_000 })
    for (const width of [390, 1280]) await resize(page, width)
  })
  expect(await wide(), 'the width of the page, in each frame').toEqual([])
})
