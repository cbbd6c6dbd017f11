/** Runs in the browser's storage: what a run leaves there, and what happens when storage is full. */
import { expect, type Page, test } from '@playwright/test'
import { eventsOf, exportRun, openToy, startTraining, untilEnded, useCifar10 } from './lab.ts'

/** The files of the only stored run, with their sizes, and its log. */
const storedRun = (page: Page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const runs = await root.getDirectoryHandle('runs')
    const sizes: Record<string, number> = {}
    let log = ''
    const visit = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory') await visit(handle as FileSystemDirectoryHandle, `${path}${name}/`)
        else {
          const file = await (handle as FileSystemFileHandle).getFile()
          sizes[`${path}${name}`] = file.size
          if (name === 'events.jsonl') log = await file.text()
        }
      }
    }
    for await (const run of runs.values()) await visit(run as FileSystemDirectoryHandle, '')
    return { sizes, lines: log.split('\n') }
  })

test('a run is stored while it trains, and a full storage loses no event', async ({ page, context }) => {
  await openToy(page, { epochs: 3, images: 4, batch: 10 })
  await useCifar10(page)
  await startTraining(page)
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect.poll(async () => Object.keys((await storedRun(page)).sizes)).toContain('resume/points.json')
  const before = await storedRun(page)
  expect(Object.keys(before.sizes)).toEqual(
    expect.arrayContaining([
      'run.json',
      'config.json',
      'events.jsonl',
      'units.bin',
      'checkpoints/epoch-0000.safetensors',
    ]),
  )
  const devtools = await context.newCDPSession(page)
  const { origin } = new URL(page.url())
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await untilEnded(page)
  await expect(page.getByRole('alert').filter({ hasText: 'Not stored' })).toContainText('storage is full')
  const after = await storedRun(page)
  // What was there is still there, and the log ends with a whole line.
  expect(after.lines.slice(0, before.lines.length - 1)).toEqual(before.lines.slice(0, -1))
  expect(after.lines.at(-1)).toBe('')
  expect(after.sizes['checkpoints/epoch-0000.safetensors']).toBe(before.sizes['checkpoints/epoch-0000.safetensors'])
  const events = eventsOf(await exportRun(page))
  const steps = events.filter(({ type }) => type === 'step').map(({ step }) => step)
  expect(steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
})
