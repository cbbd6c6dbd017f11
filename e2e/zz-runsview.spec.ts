import { test } from '@playwright/test'

test('screens', async ({ page }) => {
  await page.goto('/?run=examples/strengths-cifar10.zip')
  await page.getByRole('grid', { name: 'All runs' }).getByRole('row').nth(3).waitFor()
  await page
    .getByRole('grid', { name: 'All runs' })
    .getByRole('row')
    .nth(2)
    .getByRole('checkbox')
    .check({ force: true })
  await page.waitForTimeout(500)
  await page.screenshot({ path: '/tmp/lab/rv-wide.png' })
  await page.setViewportSize({ width: 390, height: 800 })
  await page.locator('.runs-view').scrollIntoViewIfNeeded()
  await page.screenshot({ path: '/tmp/lab/rv-narrow.png', fullPage: true })
})
