/** Drops and chooses files and folders like an operating system. */
import { expect, type Locator, type Page } from '@playwright/test'
import { openStep } from './lab.ts'

/** Notes whether the page accepted the newest event of a drag over an element, and whether it got a drop. Returns a function that reads it. */
async function watchDrag(area: Locator): Promise<() => Promise<{ isAccepted: boolean; isDropped: boolean }>> {
  const seen = await area.evaluateHandle((element) => {
    const newest = { isAccepted: false, isDropped: false }
    const note = (event: Event) => {
      const isOver = event.target instanceof Node && element.contains(event.target)
      // The handlers of the page have run by then.
      setTimeout(() => {
        newest.isAccepted = isOver && event.defaultPrevented
      })
    }
    for (const type of ['dragenter', 'dragover']) window.addEventListener(type, note, { capture: true })
    const noteDrop = () => {
      newest.isDropped = true
    }
    window.addEventListener('drop', noteDrop, { capture: true })
    return newest
  })
  return () => seen.jsonValue()
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
  const drag = await watchDrag(area)
  await send('dragEnter')
  // Chromium only drops where the page has already accepted the drag. Like an operating system, this repeats the event: where the
  // page has just drawn another element under the pointer, one event is taken for entering that element, and a drop for leaving.
  await expect(async () => {
    await send('dragOver')
    expect((await drag()).isAccepted).toBe(true)
    await send('drop')
    expect((await drag()).isDropped).toBe(true)
  }).toPass({ intervals: [50], timeout: 60_000 })
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
