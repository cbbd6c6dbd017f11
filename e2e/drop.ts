/** Files and folders dropped and chosen as an operating system does it. */
import type { Page } from '@playwright/test'

/** Through the DevTools protocol, so that the page gets true handles of them. */
export async function drop(page: Page, paths: string[]): Promise<void> {
  const area = page.locator('.drop')
  await area.scrollIntoViewIfNeeded()
  const box = await area.boundingBox()
  if (!box) throw new Error('no drop area')
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  const at = { x: box.x + box.width / 2, y: box.y + 20 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...at, data })
}
