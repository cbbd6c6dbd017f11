/** Interrupts runs in Chromium at random moments, resumes them through the page, and compares the exported bytes. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, type CDPSession, chromium, expect, type Page } from '@playwright/test'
import config from '../../playwright.config.ts'
import { type Random, stream } from '../../src/random.ts'
import { exportRun, type Files, openToy, startTraining, untilEnded } from '../lab.ts'
import type { Chain } from './node.ts'
import { runDifference } from './record.ts'

/** A tab that is closed, a renderer that crashes, a GPU process that crashes, a browser that is killed. */
const kinds = ['tab', 'renderer', 'GPU process', 'browser'] as const
type Kind = (typeof kinds)[number]

interface Scenario {
  readonly name: string
  readonly changes: object
  /** The user moves α between interruptions; the run is then compared with its repetition in the page. */
  readonly moves?: boolean
}

const toy = { epochs: 4, images: 6, batch: 10 }

const scenarios: readonly Scenario[] = [
  {
    name: 'crop-flip',
    changes: {
      train: { epochs: toy.epochs, batchSize: 10, microBatchSize: 5 },
      regularizer: { schedule: [{ fromEpoch: 1, toEpoch: 3, alpha: -0.5 }] },
      checkpoint: { resumeSteps: 3 },
    },
  },
  {
    name: 'random-resized-crop',
    changes: {
      data: {
        imagesPerClass: toy.images,
        validationImagesPerClass: 2,
        inputSize: 16,
        augmentation: 'random-resized-crop',
        balancedBatches: true,
        balancedClasses: 5,
      },
      checkpoint: { resumeSteps: 2, everyEpochs: 2 },
    },
  },
]

const moved: Scenario = { ...scenarios[0], name: 'moved α', moves: true }

/** The browser with one profile, which a killed browser leaves for the next one. */
interface Lab {
  readonly url: string
  readonly profile: string
  context: BrowserContext
}

const launch = (url: string, profile: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, {
    ...config.use?.launchOptions,
    baseURL: url,
    viewport: { width: 1280, height: 800 },
  })

const browserSession = async (lab: Lab): Promise<CDPSession> => {
  const browser = lab.context.browser()
  if (!browser) throw new Error('no browser')
  return browser.newBrowserCDPSession()
}

/** Waits for what happens after a command that ends its own connection. */
const ignoringEnd = (work: Promise<unknown>) => work.catch(() => {})

async function killBrowser(lab: Lab): Promise<void> {
  const session = await browserSession(lab)
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const own = processInfo.find(({ type }) => type === 'browser')
  if (!own) throw new Error('no browser process')
  const gone = lab.context.waitForEvent('close')
  process.kill(own.id, 'SIGKILL')
  await gone
  lab.context = await launch(lab.url, lab.profile)
}

/** Interrupts, and returns the page in which the run goes on, and whether it does so by itself. */
async function interrupt(lab: Lab, page: Page, kind: Kind): Promise<{ page: Page; byItself: boolean }> {
  if (kind === 'GPU process') {
    await ignoringEnd((await browserSession(lab)).send('Browser.crashGpuProcess'))
    return { page, byItself: true }
  }
  if (kind === 'tab') await page.close({ runBeforeUnload: false })
  if (kind === 'renderer') {
    const crashed = page.waitForEvent('crash')
    void ignoringEnd((await lab.context.newCDPSession(page)).send('Page.crash'))
    await crashed
    await page.close({ runBeforeUnload: false })
  }
  if (kind === 'browser') await killBrowser(lab)
  const next = await lab.context.newPage()
  await next.goto('/')
  return { page: next, byItself: false }
}

const banner = async (page: Page) => (await page.getByRole('banner').innerText()).replace(/\s+/g, ' ')

const stepOf = async (page: Page): Promise<number> =>
  Number((await banner(page)).match(/Step ([\d,]+)/)?.[1].replaceAll(',', '') ?? 0)

const startAgain = (page: Page) => page.getByRole('button', { name: 'Start training' })

async function begin(page: Page, { changes }: Scenario, name: string): Promise<void> {
  // An address that differs only in its fragment would not load the page again.
  await page.goto('about:blank')
  await openToy(page, toy, { ...changes, name })
  await page.getByRole('button', { name: 'Use CIFAR-10' }).click()
  await startTraining(page)
  await untilTraining(page)
}

const untilTraining = (page: Page) =>
  expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible({ timeout: 120_000 })

/** Presses Resume where the page offers it. */
async function resume(page: Page, name: string): Promise<boolean> {
  const notice = page.locator('.banner', { hasText: `${name} was interrupted at` })
  const button = notice.getByRole('button', { name: 'Resume' })
  const offered = await button.waitFor({ timeout: 20_000 }).then(
    () => true,
    () => false,
  )
  if (!offered) return false
  await button.click()
  await untilTraining(page)
  return true
}

/** Waits for some steps, and for a moment, or until the run ends; returns the step that the page shows. */
async function wait(page: Page, random: Random): Promise<number> {
  const wanted = (await stepOf(page)) + random.integer(6)
  const moment = random.integer(400)
  const hasEnded = () => startAgain(page).isVisible()
  await expect
    .poll(async () => (await stepOf(page)) >= wanted || (await hasEnded()), { timeout: 120_000, intervals: [50] })
    .toBe(true)
  await page.waitForTimeout(moment)
  return stepOf(page)
}

const finished = async (page: Page) => {
  await untilEnded(page)
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('Finished')
}

/** Moves α, or hands it back to the schedule. */
async function moveAlpha(page: Page, random: Random): Promise<void> {
  const back = page.getByRole('button', { name: 'Hand back' })
  if (random.uniform() < 0.3 && (await back.isEnabled())) return back.click()
  await page.getByRole('slider', { name: 'Regularizer strength α' }).focus()
  for (let i = random.integer(3); i >= 0; i--)
    await page.keyboard.press(random.uniform() < 0.7 ? 'ArrowLeft' : 'ArrowRight')
}

/** Repeats the run in the page; returns how the repetition differs, or null. */
async function repetitionDifference(page: Page, name: string): Promise<string | null> {
  const openRuns = () => page.getByRole('tab', { name: 'Runs', exact: true }).click()
  await openRuns()
  const row = page.getByRole('grid', { name: 'All runs' }).getByRole('row', { name: new RegExp(`^${name}\\b`) })
  await row.getByRole('checkbox').check({ force: true })
  await page.getByRole('button', { name: 'Repeat this run' }).click()
  await untilTraining(page)
  await untilEnded(page)
  await openRuns()
  const note = page.getByText(/The repetition of .* is (not )?identical/).first()
  await expect(note).toBeVisible({ timeout: 60_000 })
  const text = await note.innerText()
  return text.includes('is identical') ? null : text
}

async function referenceOf(lab: Lab, scenario: Scenario): Promise<Files> {
  const page = await lab.context.newPage()
  await begin(page, scenario, 'uninterrupted')
  await finished(page)
  const files = await exportRun(page)
  await page.close()
  return files
}

/** Interruptions of one run. */
const perChain = 4

interface Reference {
  readonly scenario: Scenario
  /** Null where the run is compared with its repetition. */
  readonly files: Files | null
}

/** After three losses of its GPU process, Chromium offers no GPU until it is started again. */
const gpuKills = 2

function kindOf(random: Random, points: readonly string[]): Kind {
  const killed = points.filter((point) => point.startsWith('the GPU process')).length
  const possible = kinds.filter((kind) => kind !== 'GPU process' || killed < gpuKills)
  return possible[random.integer(possible.length)]
}

async function interrupted(lab: Lab, { scenario, files }: Reference, random: Random, number: number, points: string[]) {
  // A run that was interrupted before its first step may begin again, under another name.
  let name = `interrupted-${number}`
  let page = await lab.context.newPage()
  await begin(page, scenario, name)
  for (let i = 0; i < perChain; i++) {
    const step = await wait(page, random)
    if (await startAgain(page).isVisible()) break
    if (scenario.moves) await moveAlpha(page, random)
    const kind = kindOf(random, points)
    points.push(`the ${kind} at step ${step}`)
    const after = await interrupt(lab, page, kind)
    page = after.page
    if (after.byItself || (await resume(page, name))) continue
    if (step > 0) return { page, failure: `the page does not offer to resume a run that had taken ${step} steps` }
    name = `${name}-again`
    await begin(page, scenario, name)
  }
  await finished(page)
  const failure = files ? runDifference(files, await exportRun(page)) : await repetitionDifference(page, name)
  return { page, failure }
}

async function runChain(lab: Lab, number: number, seed: number, all: readonly Reference[]): Promise<Chain> {
  const random = stream(seed, 'browser', number)
  await lab.context.close()
  lab.context = await launch(lab.url, lab.profile)
  const reference = all[number % all.length]
  const points: string[] = []
  const about = { number, scenario: reference.scenario.name, points, folder: lab.profile }
  try {
    const { page, failure } = await interrupted(lab, reference, random, number, points)
    await page.close({ runBeforeUnload: false })
    return { ...about, failure }
  } catch (error) {
    for (const page of lab.context.pages()) await ignoringEnd(page.close({ runBeforeUnload: false }))
    return { ...about, failure: error instanceof Error ? error.message : String(error) }
  }
}

export interface BrowserOptions {
  /** Where the built page is served. */
  readonly url: string
  /** Interruptions in all. */
  readonly points: number
  readonly seed: number
  /** Only this run. */
  readonly chain: number | null
  /** An empty folder. */
  readonly home: string
}

/** Interrupts runs until there are as many points as asked for; yields each run as it ends. */
export async function* tortureBrowser({ url, points, seed, chain, home }: BrowserOptions): AsyncGenerator<Chain> {
  const profile = join(home, 'profile')
  mkdirSync(profile, { recursive: true })
  const lab: Lab = { url, profile, context: await launch(url, profile) }
  try {
    const references: Reference[] = []
    for (const scenario of scenarios) references.push({ scenario, files: await referenceOf(lab, scenario) })
    references.push({ scenario: moved, files: null })
    let done = 0
    for (let number = chain ?? 0; done < points && (chain === null || number === chain); number++) {
      const one = await runChain(lab, number, seed, references)
      done += Math.max(1, one.points.length)
      yield one
    }
  } finally {
    await lab.context.close()
  }
}
