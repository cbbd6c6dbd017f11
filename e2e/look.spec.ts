/** How the page looks in its main states, with axe, with the keyboard alone, and with reduced motion. */

import { expect, type Page, test } from '@playwright/test'
import sharp from 'sharp'
import { expectAccessible, openStep } from './lab.ts'

test.use({
  storageState: { cookies: [], origins: [] },
  contextOptions: { reducedMotion: 'reduce' },
  colorScheme: 'light',
  timezoneId: 'UTC',
  locale: 'en-US',
})

/** Pixels of the page, across and down, that become one cell of a picture. */
const cell = 8
/**
 * How much a cell's color may differ, from 0 to 1, and the share of cells that may differ more. A page that is 1 pixel off
 * has up to 1.5 % of such cells, 4 pixels at least 16 %, and without its rail at least 7 %.
 */
const tolerance = { threshold: 0.05, maxDiffPixelRatio: 0.02 }

/**
 * The page, one cell for 8 × 8 pixels. Edges of letters differ between machines and versions of Chromium; the mean of a cell does not.
 * The device and the browser's name are hidden: they differ.
 */
async function pictureOf(page: Page) {
  const mask = [page.getByRole('button', { name: /^Device: / }), page.getByText(/Mozilla\/5\.0/)]
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css', mask })
  const { width } = page.viewportSize() ?? { width: 0 }
  const columns = Math.round(width / cell)
  const cells = await sharp(png).resize({ width: columns }).removeAlpha().png().toBuffer()
  // Playwright ignores what could be the smooth edge of a letter. A square of equal pixels cannot.
  return sharp(cells)
    .resize({ width: 2 * columns, kernel: 'nearest' })
    .png({ compressionLevel: 9 })
    .toBuffer()
}

/** Expects that the page looks as in its recorded picture. Waits for fonts and late parts. */
async function expectLook(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('button', { name: /^Device: (?!Looking)/ })).toBeVisible()
  await page.evaluate(async () => void (await document.fonts.ready))
  let now = await pictureOf(page)
  let isStill = false
  for (let i = 0; i < 20 && !isStill; i++) {
    const next = await pictureOf(page)
    isStill = next.equals(now)
    now = next
  }
  expect(now).toMatchSnapshot(`${name}.png`, tolerance)
}

/** Expects that the page does not look as recorded after a change of the style sheets, which it takes back with its scrolling. */
async function expectSeen(page: Page, name: string, css: string): Promise<void> {
  const charts = page.locator('#charts')
  const scrolled = await charts.evaluate((element) => element.scrollTop)
  // The page's security policy forbids other style elements.
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    document.adoptedStyleSheets = [sheet]
  }, css)
  const broken = await pictureOf(page)
  expect(broken, css).not.toMatchSnapshot(`${name}.png`, tolerance)
  await page.evaluate(() => {
    document.adoptedStyleSheets = []
  })
  await charts.evaluate((element, top) => element.scrollTo({ top }), scrolled)
}

/** Shows the newcomer's page at a size, from its top, with the tour at its first step. */
async function resize(page: Page, width: number, height: number, colorScheme: 'light' | 'dark' = 'light') {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
}

const tour = (page: Page) => page.getByRole('dialog', { name: 'Initialization', exact: true })
const moment = (page: Page) => page.getByRole('slider', { name: 'Moment shown' })

/** The parts of the page in the order of the Tab key, and the controls that look the same with the focus as without it. */
async function walk(page: Page): Promise<{ parts: string[]; unmarked: string[] }> {
  await page.evaluate(() => {
    const look = (element: Element) => {
      const near = [element, ...element.children, element.parentElement, element.closest('label')]
      return near
        .flatMap((at) => (at ? ['', '::before', '::after'].map((pseudo) => getComputedStyle(at, pseudo)) : []))
        .map((s) => [s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.stroke].join(' '))
        .join('|')
    }
    const focused: { element: Element; part: string; name: string; look: string }[] = []
    Reflect.set(window, 'noteFocus', () => {
      const element = document.activeElement
      if (!element || element === document.body || focused.some((seen) => seen.element === element)) return false
      const part = element.closest('.header, .banners, .rail, .center, .inspector, .time-line')?.className.split(' ')[0]
      const name = element.ariaLabel ?? element.textContent?.slice(0, 40) ?? ''
      focused.push({
        element,
        part: part ?? '',
        name: `${element.tagName} ${element.className} ${name}`,
        look: look(element),
      })
      return true
    })
    Reflect.set(window, 'walked', () => ({
      parts: focused.map(({ part }) => part),
      unmarked: focused.filter((seen) => look(seen.element) === seen.look).map(({ name }) => name),
    }))
    // The next Tab starts at the top.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  const note = () => page.evaluate(() => Reflect.get(window, 'noteFocus')())
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press('Tab')
    if (!(await note())) break
  }
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
  return page.evaluate(() => Reflect.get(window, 'walked')())
}

test('the main states look as recorded, pass axe, and are reached with the keyboard', async ({ page }) => {
  await test.step('a first visit, at three sizes, light and dark', async () => {
    await page.goto('/')
    await expect(tour(page)).toBeVisible()
    await expect(
      page.getByRole('region', { name: 'Selectivity', exact: true }).locator('.chart-caption'),
    ).toContainText('peaks at')
    await expectLook(page, 'first-visit')
  })

  await test.step('a broken layout is seen', async () => {
    await expectSeen(page, 'first-visit', '.header { margin-bottom: 24px }')
    await expectSeen(page, 'first-visit', '.charts { display: block }')
    await expectLook(page, 'first-visit')
  })

  await test.step('the first visit at other sizes', async () => {
    await resize(page, 1440, 900, 'dark')
    await expectLook(page, 'first-visit-dark')
    await expectAccessible(page)
    await resize(page, 390, 844)
    await expectLook(page, 'first-visit-phone')
    await resize(page, 1280, 800)
  })

  await test.step('with reduced motion nothing moves between the pictures of a run', async () => {
    await page.keyboard.press('Escape')
    await moment(page).press('Home')
    await page.getByRole('button', { name: /^Play/ }).press('Enter')
    await expect(moment(page)).not.toHaveAttribute('aria-valuetext', /^epoch 0\.00/)
    const moving = () => document.getAnimations().filter(({ playState }) => playState === 'running').length
    expect(await page.evaluate(moving)).toBe(0)
    const smooth = () =>
      [...document.querySelectorAll('*')].filter((element) => getComputedStyle(element).scrollBehavior === 'smooth')
        .length
    expect(await page.evaluate(smooth)).toBe(0)
    await page.keyboard.press('Enter')
  })

  await test.step('the Tab key goes through the page from top to bottom, and each control shows the focus', async () => {
    const { parts, unmarked } = await walk(page)
    const order = parts.filter((part, i) => part !== parts[i - 1])
    expect(order).toEqual(['header', 'banners', 'rail', 'center', 'inspector', 'time-line'])
    // The handle of a slider has no style that a script can read.
    expect(unmarked.filter((name) => !name.endsWith('Regularizer strength α'))).toEqual([])
    const slider = page.getByRole('slider', { name: 'Regularizer strength α' })
    const blurred = await slider.screenshot()
    await slider.focus()
    expect((await slider.screenshot()).equals(blurred)).toBe(false)
  })

  await test.step('recorded arms in Compare', async () => {
    const step = await openStep(page, 'Compare')
    await step.getByRole('button', { name: 'Open Early or late' }).click()
    await expect(step).toContainText('15 of 15 runs compared')
    await expect(page.getByRole('tabpanel').locator('svg[data-plot]').first()).toBeVisible()
    // The caption counts the seeds that are drawn.
    await expect(page.getByRole('region', { name: 'Comparison', exact: true })).toContainText(
      /5 seeds\).*5 seeds\).*5 seeds\)/,
    )
    await expectLook(page, 'compare')
    await expectAccessible(page)
  })

  await test.step('a later visit', async () => {
    await page.reload()
    await expect(page.getByRole('region', { name: 'First steps' })).toBeVisible()
    await expectLook(page, 'later-visit')
    await expectSeen(page, 'later-visit', '.rail { display: none }')
    await expectAccessible(page)
  })

  await test.step('a browser without WebGPU', async () => {
    // Workers have their own navigator.gpu, so their script is served with code that removes it.
    await page.route('**/assets/worker-*.js', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, body: `delete WorkerNavigator.prototype.gpu;${await response.text()}` })
    })
    await page.reload()
    await expect(page.getByText(/Chrome or Edge 113/).first()).toBeVisible()
    await expectLook(page, 'no-webgpu')
    await expectAccessible(page)
  })
})
