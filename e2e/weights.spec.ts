import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import {
  eventsOf,
  expectAccessible,
  exportRun,
  type Files,
  openStep,
  openToy,
  startButton,
  startTraining,
  untilEnded,
} from './lab.ts'

const section = (page: Page) => page.getByRole('region', { name: 'Start from weights' })

async function openWeights(page: Page): Promise<void> {
  const step = await openStep(page, 'Train')
  const more = step.getByRole('button', { name: /^Start from weights: / })
  if ((await more.getAttribute('aria-expanded')) === 'false') await more.click()
}

async function choose(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), name)
  writeFileSync(path, bytes)
  await openWeights(page)
  const choosing = page.waitForEvent('filechooser')
  await section(page).getByRole('button', { name: 'Choose weights' }).click()
  await (await choosing).setFiles(path)
}

const evaluations = (files: Files) => eventsOf(files).filter(({ type }) => type === 'evaluation')

test('a run begins with the weights of an exported checkpoint, and its record names them', async ({ page }) => {
  const toy = { epochs: 1, images: 8, batch: 12 }
  await openToy(page, toy)
  await drop(page, [writeFolder('animals', await threeClasses())])
  await startTraining(page)
  await untilEnded(page)
  const first = await exportRun(page)
  const checkpoint = first.get('checkpoints/epoch-0001.safetensors') as Uint8Array

  await choose(page, 'broken.safetensors', checkpoint.subarray(0, 500))
  await expect(section(page).getByRole('alert')).toContainText('broken.safetensors cannot be used')
  await expect(startButton(page)).toBeDisabled()
  await section(page).getByRole('button', { name: 'Use random weights' }).click()
  await expect(startButton(page)).toBeEnabled()

  await choose(page, 'mine.safetensors', checkpoint)
  await expect(section(page)).toContainText('mine.safetensors')
  await expect(section(page)).toContainText('Its classifier has the run’s classes in the same order.')
  await expectAccessible(page)
  await startTraining(page)
  await untilEnded(page)
  const second = await exportRun(page)
  const [start] = eventsOf(second).filter(({ type }) => type === 'start')
  expect(start.environment).toMatchObject({
    initial: { file: 'mine.safetensors', prefix: '', dtypes: ['F32'], fresh: [], classes: 'same' },
  })
  const [before, after] = [evaluations(first).at(-1), evaluations(second)[0]]
  expect([after?.step, after?.loss, after?.top1]).toEqual([0, before?.loss, before?.top1])

  await openWeights(page)
  await section(page).getByText('Fresh classifier').click()
  await startTraining(page)
  await untilEnded(page)
  const [third] = eventsOf(await exportRun(page)).filter(({ type }) => type === 'start')
  expect(third.environment).toMatchObject({ initial: { fresh: ['fc.weight', 'fc.bias'], classes: 'fresh' } })
})
