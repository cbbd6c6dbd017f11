import { expect, test } from '@playwright/test'
import {
  eventsOf,
  expectAccessible,
  exportRun,
  openLab,
  openStep,
  openToy,
  startButton,
  startTraining,
  untilEnded,
  useCifar10,
} from './lab.ts'

test('without WebGPU the page lists what is missing and which browsers work, and still opens datasets', async ({
  browser,
}) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  // Workers have their own navigator.gpu, so their script is served with code that removes it.
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `delete WorkerNavigator.prototype.gpu;${await response.text()}` })
  })
  await openLab(page)
  await expect(page.getByText(/Chrome or Edge 113/).first()).toBeVisible()
  await expect(page.locator('main')).toContainText(/Mozilla\/5\.0/)
  await expect(startButton(page)).toBeDisabled()
  await useCifar10(page)
  await expect(startButton(page)).toBeDisabled()
  await context.close()
})

test('a missing CIFAR-10 is reported, with the cure', async ({ page }) => {
  await page.route('**/data/cifar10/**', (route) => route.fulfill({ status: 404, body: '' }))
  await openLab(page)
  await page.getByRole('button', { name: 'Use CIFAR-10' }).click()
  await expect(page.getByRole('alert')).toContainText('Run npm start once with a network')
})

test('a loss that is not finite ends the run with a clear message, and everything is recorded', async ({ page }) => {
  // Every step multiplies the weights by −99.
  await openToy(
    page,
    { epochs: 50, images: 2, batch: 10 },
    { optimizer: { learningRate: 100, momentum: 0, weightDecay: 1 } },
  )
  await useCifar10(page)
  await startTraining(page)
  await untilEnded(page)
  await expect(page.getByRole('alert')).toContainText(/The loss is (NaN|-?Infinity) at step/)
  await expect(page.getByRole('alert')).toContainText('lower learning rate')
  expect(eventsOf(await exportRun(page)).at(-1)).toMatchObject({ type: 'end', reason: 'diverged' })
})

test('a worker that dies is reported and replaced', async ({ page }) => {
  await page.addInitScript(() => {
    const Real = Worker
    let made = 0
    window.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        if (made++ === 0)
          setTimeout(
            () => this.dispatchEvent(new ErrorEvent('error', { message: 'out of memory in the worker' })),
            3000,
          )
      }
    }
  })
  await openToy(page, { epochs: 1, images: 2, batch: 10 })
  await expect(page.getByText(/out of memory in the worker/).first()).toBeVisible()
  await useCifar10(page)
  await startTraining(page)
  await untilEnded(page)
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('Finished')
})

test('dark mode and narrow pages pass axe', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await openLab(page)
  await expect(page.locator('body')).toHaveCSS('color-scheme', 'dark')
  const dark = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemradio', { name: 'Light' }).click()
  await expect(page.locator('body')).toHaveCSS('color-scheme', 'light')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).not.toBe(dark)
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await expect(page.locator('body')).toHaveCSS('color-scheme', 'dark')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(dark)
  for (const width of [1280, 420]) {
    await page.setViewportSize({ width, height: 800 })
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await expectAccessible(page)
  }
})

test('the page can be operated by keyboard alone', async ({ page }) => {
  await openToy(page, { epochs: 1, images: 2, batch: 10 })
  const focusOn = async (name: RegExp, presses = 60) => {
    for (let i = 0; i < presses; i++) {
      await page.keyboard.press('Tab')
      const label = await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      )
      if (name.test(label)) return
    }
    throw new Error(`no focus on ${name} within ${presses} presses`)
  }
  await focusOn(/^Use CIFAR-10/)
  await page.keyboard.press('Enter')
  await expect(startButton(page)).toBeEnabled({ timeout: 60_000 })
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await focusOn(/^Start training/)
  await page.keyboard.press('Enter')
  await untilEnded(page)
  await focusOn(/^Selectivity menu/, 200)
  await page.keyboard.press('Enter')
  const waiting = page.waitForEvent('download')
  await page.keyboard.press('Enter')
  expect((await waiting).suggestedFilename()).toBe('toy-selectivity.svg')
})

test('a run that exceeds the adapter is refused before it starts, and a button sets the micro-batch that fits', async ({
  page,
}) => {
  const query = `?device-limits=${encodeURIComponent('{"limits":{"maxStorageBufferBindingSize":24576}}')}`
  await openToy(page, { epochs: 1, images: 2, batch: 20 }, {}, query)
  await useCifar10(page)
  await startTraining(page)
  await expect(page.getByRole('alert')).toContainText('in one binding; this adapter allows')
  await page.getByRole('button', { name: /^Use micro-batch \d+$/ }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await openStep(page, 'Train')
  await expect(page.getByLabel('Micro-batch size')).not.toHaveValue('20')
  await startTraining(page)
  await untilEnded(page)
  expect(eventsOf(await exportRun(page)).at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
})
