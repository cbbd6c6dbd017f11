/** Drops and chooses files and folders like an operating system. */
import { expect, type Locator, type Page } from '@playwright/test'
import { openStep } from './lab.ts'

/** Drags over an element and drops there. Uses the DevTools protocol, so that the page gets real handles. */
async function dropOn(page: Page, area: Locator, paths: string[], accepted: () => Promise<unknown>): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  // A banner that appears meanwhile moves the area, so each event goes to its present center.
  const send = async (type: 'dragEnter' | 'dragOver' | 'drop') => {
    const box = await area.boundingBox()
    if (!box) throw new Error('no drop area')
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    await session.send('Input.dispatchDragEvent', { type, ...at, data })
  }
  await send('dragEnter')
  await send('dragOver')
  // Chromium only drops where the page has already accepted the drag.
  await accepted()
  await send('dragOver')
  await send('drop')
}

/** Drops on the area of the step Data. */
export async function drop(page: Page, paths: string[]): Promise<void> {
  await openStep(page, 'Data')
  const area = page.locator('.drop')
  const other = page.getByRole('button', { name: 'Choose other images' })
  await expect(area.or(other).first()).toBeAttached()
  if (!(await area.isVisible())) await other.click()
  await area.scrollIntoViewIfNeeded()
  await dropOn(page, area, paths, () => expect(area).toHaveAttribute('data-drop-target'))
}

/** Drops in the middle of the page. */
export async function dropOnCharts(page: Page, paths: string[]): Promise<void> {
  const area = page.locator('#charts')
  const over = area.evaluate(
    (element) =>
      new Promise((done) => element.addEventListener('dragover', () => setTimeout(done, 100), { once: true })),
  )
  await dropOn(page, area, paths, () => over)
}
