/** Drops and chooses files and folders like an operating system. */
import { expect, type Locator, type Page } from '@playwright/test'
import { openStep } from './lab.ts'

/** Notes whether the page accepted the newest event of a drag over an element. Returns a function that reads it. */
async function acceptance(area: Locator): Promise<() => Promise<boolean>> {
  const accepted = await area.evaluateHandle((element) => {
    const newest = { value: false }
    const note = (event: Event) => {
      const isOver = event.target instanceof Node && element.contains(event.target)
      // The handlers of the page have run by then.
      setTimeout(() => {
        newest.value = isOver && event.defaultPrevented
      })
    }
    for (const type of ['dragenter', 'dragover']) window.addEventListener(type, note, { capture: true })
    return newest
  })
  return async () => (await accepted.jsonValue()).value
}

/** Drags over an element and drops there. Uses the DevTools protocol, so that the page gets real handles. */
async function dropOn(page: Page, area: Locator, paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  // A banner that appears meanwhile moves the area, so each event goes to its present center.
  const send = async (type: 'dragEnter' | 'dragOver' | 'drop') => {
    const box = await area.boundingBox()
    if (!box) throw new Error('no drop area')
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    await session.send('Input.dispatchDragEvent', { type, ...at, data })
  }
  const isAccepted = await acceptance(area)
  await send('dragEnter')
  // Chromium only drops where the page has already accepted the drag. Like an operating system, this repeats the event: where the
  // page has just drawn another element under the pointer, one event is taken for entering that element.
  await expect(async () => {
    await send('dragOver')
    expect(await isAccepted()).toBe(true)
  }).toPass({ intervals: [50], timeout: 60_000 })
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
  await dropOn(page, area, paths)
}

/** Drops in the middle of the page. */
export const dropOnCharts = (page: Page, paths: string[]): Promise<void> => dropOn(page, page.locator('#charts'), paths)
