/** Drops and chooses files and folders like an operating system. */
import { expect, type Page } from '@playwright/test'

/** Uses the DevTools protocol, so that the page gets real handles. */
export async function drop(page: Page, paths: string[]): Promise<void> {
  const area = page.locator('.drop')
  await area.scrollIntoViewIfNeeded()
  const box = await area.boundingBox()
  if (!box) throw new Error('no drop area')
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  const at = { x: box.x + box.width / 2, y: box.y + 20 }
  const send = (type: 'dragEnter' | 'dragOver' | 'drop') =>
    session.send('Input.dispatchDragEvent', { type, ...at, data })
  await send('dragEnter')
  await send('dragOver')
  // Chromium only drops where the page has already accepted the drag.
  await expect(area).toHaveAttribute('data-drop-target')
  await send('dragOver')
  await send('drop')
}
