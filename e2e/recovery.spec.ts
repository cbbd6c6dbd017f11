import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import {
  eventsOf,
  exportRun,
  type Files,
  openStep,
  openToy,
  startTraining,
  textOf,
  untilEnded,
  useCifar10,
} from './lab.ts'

const toy = { epochs: 3, images: 10, batch: 10 }
const points = { checkpoint: { resumeSteps: 4 } }

const notices = (page: Page) => page.getByRole('complementary', { name: 'Notices' })

/** Waits until the run has taken this many steps. */
const untilStep = (page: Page, step: number) =>
  expect
    .poll(
      async () =>
        Number((await page.getByRole('banner').innerText()).replace(/\s+/g, ' ').match(/Step ([\d,]+)/)?.[1] ?? 0),
      { timeout: 120_000, intervals: [100] },
    )
    .toBeGreaterThanOrEqual(step)

const alpha = (page: Page) => page.getByLabel('α, exact value')

/** Starts a run in which the user holds α. */
async function startToy(page: Page, changes: object = points): Promise<void> {
  await openToy(page, toy, changes)
  await alpha(page).fill('-3')
  await alpha(page).press('Enter')
  await page.getByRole('button', { name: 'Use CIFAR-10' }).click()
  await startTraining(page)
}

/** The sample images without a pixel. */
const blankSamples = (page: Page) =>
  page.locator('.sample canvas').evaluateAll((all) =>
    all.flatMap((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
      return data.some((value) => value > 0) ? [] : [canvas.ariaLabel]
    }),
  )

const measured = new Set(['step', 'evaluation', 'probe', 'checkpoint'])

/** What an interruption must not change: events without times, tables, and the bytes of checkpoints and units. */
function resultsOf(files: Files) {
  const events = eventsOf(files)
    .filter(({ type }) => measured.has(type))
    .map(({ time: _, gpuBytes: _bytes, ...rest }) => rest)
  const own = [...files].filter(([path]) => /\.(safetensors|bin)$|(metrics|selectivity)\.csv$/.test(path))
  const bytes = own
    .filter(([path]) => !path.includes('resume/'))
    .map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1), Buffer.from(content).toString('base64')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return { events, names: bytes.map(([name]) => name), bytes }
}

let uninterrupted: ReturnType<typeof resultsOf> | null = null

/** The uninterrupted run, which the interrupted ones must equal. It is trained once. */
async function reference(context: BrowserContext) {
  if (uninterrupted) return uninterrupted
  const page = await context.newPage()
  await startToy(page)
  await untilEnded(page)
  uninterrupted = resultsOf(await exportRun(page))
  await page.close()
  return uninterrupted
}

const resumptions = (files: Files) =>
  eventsOf(files)
    .filter((event) => event.type === 'start' && 'resumed' in event)
    .map(({ fromStep, resumed }) => ({ fromStep, reason: (resumed as { reason: string }).reason }))

test('a run whose tab was closed in mid-epoch is offered when the page opens again, and resumes to the same bytes', async ({
  context,
}) => {
  const expected = await reference(context)
  expect(expected.names).toContain('metrics.csv')
  const first = await context.newPage()
  await startToy(first)
  await untilStep(first, 13)
  await first.close({ runBeforeUnload: false })

  const page = await context.newPage()
  await page.goto('/')
  const notice = notices(page).locator('.banner', { hasText: 'was interrupted at' })
  await expect(notice).toContainText(/toy.* was interrupted at epoch \d\.\d\d of 3, step \d+/)
  await notice.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(alpha(page)).toHaveValue('-3')
  await untilEnded(page)
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('Finished')
  const files = await exportRun(page)
  expect(resumptions(files)).toMatchObject([{ reason: 'user' }])
  expect(eventsOf(files).filter(({ type }) => type === 'step')).toHaveLength(30)
  expect(eventsOf(files).every(({ type, held }) => type !== 'step' || held === true)).toBe(true)
  expect(resultsOf(files)).toEqual(expected)
})

test('a crashed worker and a lost GPU: the run goes on by itself to the same bytes, and says so', async ({
  context,
  browser,
}) => {
  const expected = await reference(context)
  const page = await context.newPage()
  await page.addInitScript(() => {
    const Real = Worker
    window.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        const crash = () => this.dispatchEvent(new ErrorEvent('error', { message: 'out of memory in the worker' }))
        if (options?.name === 'lab') window.addEventListener('crash-worker', crash)
      }
    }
  })
  await startToy(page)
  await untilStep(page, 6)
  await page.evaluate(() => window.dispatchEvent(new Event('crash-worker')))
  await expect(notices(page)).toContainText(/Interrupted at step \d+\..*out of memory in the worker/)
  await expect(notices(page)).toContainText('The run goes on.', { timeout: 120_000 })
  await openStep(page, 'Data')
  await expect(page.locator('.sample canvas').first()).toBeVisible()
  await untilStep(page, 15)
  // As in a driver crash, the process that computes ends.
  const session = await browser.newBrowserCDPSession()
  await session.send('Browser.crashGpuProcess').catch(() => {})
  await expect(notices(page)).toContainText(/The run goes on\..*(device was lost|GPU)/i, { timeout: 120_000 })
  await expect.poll(() => blankSamples(page)).toEqual([])
  await untilEnded(page)
  const files = await exportRun(page)
  expect(resumptions(files).map(({ reason }) => reason)).toEqual(['worker-crashed', 'device-lost'])
  expect(resultsOf(files)).toEqual(expected)
  const line = page.getByRole('region', { name: 'Time line' })
  await line.getByRole('button', { name: /^\d+ events$/ }).click()
  await expect(page.getByRole('dialog', { name: 'Events' })).toContainText('out of memory in the worker')
})

test('a run that trains in another tab is read-only and followed; when that tab is gone, it is offered here', async ({
  context,
}) => {
  const first = await context.newPage()
  await openToy(first, { epochs: 200, images: 10, batch: 10 }, points)
  await useCifar10(first)
  await startTraining(first)
  await untilStep(first, 5)
  const second = await context.newPage()
  await second.goto('/')
  const notice = notices(second).locator('.banner', { hasText: 'trains in another tab' })
  await notice.getByRole('button', { name: 'Follow it here' }).click()
  await expect(notice).toContainText('cannot change it')
  await untilStep(second, 5)
  const shown = Number((await second.getByRole('banner').innerText()).match(/Step\s+([\d,]+)/)?.[1])
  await untilStep(second, shown + 5)
  await expect(second.getByRole('button', { name: 'Pause', exact: true })).toHaveCount(0)
  await first.close({ runBeforeUnload: false })
  const interrupted = second.getByRole('region', { name: 'Interrupted run' })
  await interrupted.getByRole('button', { name: 'Resume' }).click()
  await expect(second.getByRole('button', { name: 'Pause', exact: true })).toBeVisible({ timeout: 120_000 })
  await second.getByRole('button', { name: 'Stop', exact: true }).click()
  await untilEnded(second)
  expect(textOf((await exportRun(second)).get('events.jsonl'))).toContain('"resumed"')
})
