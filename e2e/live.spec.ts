import { expect, type Page, test } from '@playwright/test'
import { eventsOf, exportRun, openStep, openToy, startTraining, untilEnded, useCifar10 } from './lab.ts'

/** Counts how often the content of each region changes from now on. Returns a function that reads the counts. */
async function watchChanges(page: Page, names: readonly string[]): Promise<() => Promise<Record<string, number>>> {
  const counts = await page.evaluateHandle((regions) => {
    const changes: Record<string, number> = {}
    for (const name of regions) {
      const region = document.querySelector(`section[aria-label="${name}"]`)
      if (!region) throw new Error(`the page has no region ${name}`)
      changes[name] = 0
      const observer = new MutationObserver(() => {
        changes[name]++
      })
      observer.observe(region, { subtree: true, childList: true, characterData: true, attributes: true })
    }
    return changes
  }, names)
  return () => counts.jsonValue()
}

/** Regions that neither a step nor a probe changes. */
const resting = ['Data', 'Model', 'Train', 'Export', 'Ablation', 'Single units', 'Linearity'] as const

test('a change of α during training is applied, recorded and shown; pause, step, resume and stop work', async ({
  page,
}) => {
  await openToy(page, { epochs: 200, images: 4, batch: 10 })
  await useCifar10(page)
  await startTraining(page)
  const slider = page.getByRole('slider', { name: 'Regularizer strength α' })
  const stepText = page.getByRole('banner')
  await expect(stepText).toContainText(/Step [1-9]/, { timeout: 120_000 })

  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await expect(page.getByText('Paused', { exact: true })).toBeVisible()
  const shown = async () =>
    Number(
      (await stepText.innerText())
        .replace(/\s+/g, ' ')
        .match(/Step ([\d,]+)/)?.[1]
        .replace(',', ''),
    )
  await expect(async () => {
    const before = await shown()
    await page.waitForTimeout(1500)
    expect(await shown()).toBe(before)
  }).toPass()
  const paused = await shown()
  await page.getByRole('button', { name: 'Step', exact: true }).click()
  await expect.poll(shown).toBe(paused + 1)

  await slider.focus()
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('button', { name: 'Hand back' })).toBeEnabled()
  const alpha = Number(await page.getByLabel('α, exact value').inputValue())
  expect(alpha).toBeLessThan(0)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(shown).toBeGreaterThan(paused + 3)
  const changes = await watchChanges(page, [...resting, 'Selectivity', 'Loss and accuracy'])
  const marker = page.getByRole('slider', { name: 'Moment shown' })
  const probed = Number(await marker.getAttribute('aria-valuenow'))
  await expect.poll(async () => Number(await marker.getAttribute('aria-valuenow'))).toBeGreaterThan(probed + 1)
  await expect.poll(async () => (await changes()).Selectivity).toBeGreaterThan(0)
  const seen = await changes()
  expect(seen['Loss and accuracy']).toBeGreaterThan(0)
  expect(resting.filter((name) => seen[name] > 0)).toEqual([])
  await page.getByRole('button', { name: 'Hand back' }).click()
  const handedBack = await shown()
  await expect.poll(shown).toBeGreaterThan(handedBack + 4)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await untilEnded(page)

  const events = eventsOf(await exportRun(page))
  expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'stopped' })
  const steps = events.filter(({ type }) => type === 'step') as unknown as {
    step: number
    alpha: number
    held: boolean
    loss: number
    crossEntropy: number
    penalty: number
  }[]
  const held = steps.filter((step) => step.held)
  expect(held[0].step).toBe(paused + 2)
  expect(held.length).toBeGreaterThan(1)
  for (const step of steps) expect(step.alpha).toBe(step.held ? alpha : 0)
  for (const step of held) expect(step.loss).toBeCloseTo(step.crossEntropy - alpha * step.penalty, 5)
  expect(steps.at(-1)?.held).toBe(false)
  const checkpoint = events.filter(({ type }) => type === 'checkpoint').at(-1)
  expect(checkpoint?.step).toBe(steps.at(-1)?.step)

  const line = page.getByRole('region', { name: 'Time line' })
  await line.locator('summary').click()
  await expect(line).toContainText(`step ${held[0].step}: you set α to ${alpha}`)
  await expect(line).toContainText('α handed back to the schedule: 0')
  const shading = page
    .getByRole('region', { name: 'Loss and accuracy', exact: true })
    .locator('.recharts-reference-area')
  await expect(shading.first()).toBeAttached()
})

test('kernels are timed on request, the timing can be skipped, and its choices are stored and recorded', async ({
  page,
}) => {
  await openToy(page, { epochs: 1, images: 2, batch: 10 })
  await useCifar10(page)
  await openStep(page, 'Train')
  await page.getByRole('button', { name: 'More settings' }).click()
  await page.getByText('Time the kernels at the next start').click()
  await startTraining(page)
  const notices = page.getByRole('complementary', { name: 'Notices' })
  await expect(notices.getByRole('progressbar', { name: 'Timing kernels' })).toBeVisible()
  await expect(notices).toContainText(/Timing kernels on this GPU \(once\): [1-9]\d* of \d+/, { timeout: 120_000 })
  await notices.getByRole('button', { name: 'Skip' }).click()
  await untilEnded(page)
  const kernels = async () => {
    const [start] = eventsOf(await exportRun(page)).filter(({ type }) => type === 'start')
    return (start.environment as { kernels: { version: number; choices: Record<string, string> } }).kernels
  }
  const first = await kernels()
  expect(Object.keys(first.choices).length).toBeGreaterThan(0)

  await page.reload()
  await useCifar10(page)
  await startTraining(page)
  await untilEnded(page)
  expect(await kernels()).toEqual(first)
})
