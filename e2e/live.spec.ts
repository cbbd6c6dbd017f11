import { expect, type Page, test } from '@playwright/test'
import { eventsOf, exportRun, openStep, openToy, startTraining, untilEnded, useCifar10 } from './lab.ts'

const timeLine = (page: Page) => page.getByRole('region', { name: 'Time line' })

/** Draws a window with the mouse, edits it with numbers and keys, takes all of that back and removes it. */
async function drawWindow(page: Page): Promise<void> {
  const track = timeLine(page).getByRole('group', { name: 'Windows of α' })
  const box = await track.boundingBox()
  if (!box) throw new Error('the track of α is not shown')
  const low = box.y + 0.8 * box.height
  await page.mouse.move(box.x + box.width / 4, low)
  await page.mouse.down()
  await page.mouse.move(box.x + 0.4 * box.width, low)
  await page.mouse.move(box.x + box.width / 2, low)
  await page.mouse.up()
  const form = page.getByRole('dialog', { name: 'Window 1 of α' })
  const alpha = form.getByRole('textbox', { name: 'α', exact: true })
  await alpha.fill('-200')
  await alpha.press('Enter')
  await expect(form.getByRole('alert')).toContainText('from -100 to 100')
  await alpha.fill('-5')
  await alpha.press('Enter')
  await expect(form.getByRole('alert')).toBeHidden()
  await page.keyboard.press('Escape')
  const bar = (numbers: string) => track.getByRole('button', { name: `Window 1: α ${numbers}`, exact: true })
  await bar('−5 from epoch 50 to 100').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowLeft')
  await page.keyboard.press('ArrowUp')
  await expect(bar('−4 from epoch 51 to 100')).toBeFocused()
  // Not a shortcut of the page: the window has the focus.
  await expect(page.getByRole('slider', { name: 'Regularizer strength α' })).toHaveAttribute('aria-valuetext', /^α 0/)
  await page.keyboard.press('Control+z')
  await expect(bar('−5 from epoch 51 to 100')).toBeVisible()
  await page.keyboard.press('Control+Shift+z')
  await page.keyboard.press('Delete')
  await expect(track.getByRole('button')).toHaveCount(0)
  await page.keyboard.press('Control+z')
  await expect(bar('−4 from epoch 51 to 100')).toBeVisible()
  const train = await openStep(page, 'Train')
  await expect(train.getByRole('button', { name: 'Window 1: α −4 from epoch 51 to 100' })).toBeVisible()
  await train.getByRole('button', { name: 'Remove window 1' }).click()
  await expect(track.getByRole('button')).toHaveCount(0)
}

/** Plays the run from its first probe; a key then moves the time line and stops the playing. */
async function playRun(page: Page): Promise<void> {
  const moment = timeLine(page).getByRole('slider', { name: 'Moment shown' })
  const column = async () => Number(await moment.getAttribute('aria-valuenow'))
  const last = await column()
  expect(last).toBeGreaterThan(1)
  await timeLine(page).getByRole('button', { name: 'Play the run' }).click()
  await expect(timeLine(page).getByRole('button', { name: 'Stop playing' })).toBeVisible()
  await expect.poll(column).toBe(0)
  await expect.poll(column).toBe(last)
  const play = timeLine(page).getByRole('button', { name: 'Play the run' })
  await expect(play).toBeVisible()
  await page.keyboard.press('k')
  await page.keyboard.press('.')
  await expect(play).toBeVisible()
  expect(await column()).toBeGreaterThan(0)
  await page.keyboard.press('?')
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(list).toContainText('Next probe')
  await page.keyboard.press('Escape')
  await expect(list).toBeHidden()
}

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

test('windows of α are drawn; a change of α during training is applied, recorded and shown; the run is controlled and played', async ({
  page,
}) => {
  await openToy(page, { epochs: 200, images: 4, batch: 10 })
  await useCifar10(page)
  await drawWindow(page)
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
  await page.keyboard.press('s')
  await expect.poll(shown).toBe(paused + 2)

  await slider.focus()
  for (const key of ['ArrowLeft', 'ArrowLeft', '[']) await page.keyboard.press(key)
  await expect(page.getByRole('button', { name: 'Hand back' })).toBeEnabled()
  const alpha = Number(await page.getByLabel('α, exact value').inputValue())
  expect(alpha).toBeLessThan(0)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(shown).toBeGreaterThan(paused + 4)
  const changes = await watchChanges(page, [...resting, 'Selectivity', 'Loss and accuracy'])
  const marker = page.getByRole('slider', { name: 'Moment shown' })
  const probed = Number(await marker.getAttribute('aria-valuenow'))
  await expect.poll(async () => Number(await marker.getAttribute('aria-valuenow'))).toBeGreaterThan(probed + 1)
  // Charts are redrawn one after another, with rests between them.
  for (const name of ['Selectivity', 'Loss and accuracy'])
    await expect.poll(async () => (await changes())[name]).toBeGreaterThan(0)
  const seen = await changes()
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
  expect(held[0].step).toBe(paused + 3)
  expect(held.length).toBeGreaterThan(1)
  for (const step of steps) expect(step.alpha).toBe(step.held ? alpha : 0)
  for (const step of held) expect(step.loss).toBeCloseTo(step.crossEntropy - alpha * step.penalty, 5)
  expect(steps.at(-1)?.held).toBe(false)
  const checkpoint = events.filter(({ type }) => type === 'checkpoint').at(-1)
  expect(checkpoint?.step).toBe(steps.at(-1)?.step)

  // Flags that are close together are one.
  const text = `step ${held[0].step}: you set α to ${String(alpha).replace('-', '−')}`
  await timeLine(page).getByRole('button', { name: text }).hover()
  await expect(page.getByRole('tooltip')).toContainText(text)
  await expect(timeLine(page)).toContainText('α handed back to the schedule: 0')
  const shading = page.getByRole('region', { name: 'Loss and accuracy', exact: true }).locator('.alpha-spans rect')
  await expect(shading.first()).toBeAttached()
  await playRun(page)
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
