/** Measures how long a large dataset keeps a user from training: in the built page, with a zip of small images. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pictures } from './pictures.mjs'
import { servedPage } from './served-page.mjs'

const classes = 100
const perClass = 64

/** A zip of JPEG files of 64 × 64 in class folders. Some bytes behind the end of each picture make its contents unique. */
export async function writeZip(path, images) {
  const { Uint8ArrayReader, ZipWriter } = await import('@zip.js/zip.js')
  const [{ files }] = await pictures(64)
  const zip = new ZipWriter(Writable.toWeb(createWriteStream(path)), { level: 0, useWebWorkers: false })
  for (let i = 0; i < images; i++) {
    const name = `class ${String(i % classes).padStart(3, '0')}/${i}.jpg`
    await zip.add(name, new Uint8ArrayReader(Buffer.concat([files[i % files.length], Buffer.from(`image ${i}`)])))
  }
  await zip.close()
}

/** A network that takes seconds, so that reading the images takes most of the time. */
const config = {
  name: 'start',
  data: { imagesPerClass: perClass, validationImagesPerClass: 4, inputSize: 32, augmentation: 'crop-flip' },
  model: { blocks: [1, 1, 1, 1], width: 2, block: 'basic', stem: 'cifar' },
  train: { epochs: 1, batchSize: 100, microBatchSize: 100 },
  probe: { imagesPerClass: 2, earlyEpochs: 0, floorShuffles: 2 },
}

/** Seconds that work takes. */
async function timed(work) {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function measure(tab, url, path, memory) {
  tab.setDefaultTimeout(600_000)
  await tab.goto(`${url}#config=${encodeURIComponent(JSON.stringify(config))}`)
  const start = tab.getByRole('button', { name: 'Start training' })
  const choosing = tab.waitForEvent('filechooser')
  await tab.getByRole('button', { name: 'Choose an archive' }).click()
  const chooser = await choosing
  const before = await memory()
  const untilStart = await timed(async () => {
    await chooser.setFiles(path)
    await tab.getByText('Fingerprint').waitFor()
    await tab.waitForFunction(() =>
      [...document.querySelectorAll('button')].some((b) => b.textContent === 'Start training' && !b.disabled),
    )
  })
  const listed = await memory()
  const bar = tab.getByRole('progressbar', { name: 'Training progress' })
  const untilStep = await timed(async () => {
    await start.click()
    for (;;) {
      const value = await bar.getAttribute('aria-valuenow').catch(() => null)
      if (Number(value) > 0) break
      await tab.waitForTimeout(50)
    }
  })
  return { untilStart, untilStep, memory: { before, listed, training: await memory() } }
}

/** `open` launches a browser with a profile; `memoryOf` gives the resident bytes of its pages. */
export async function measureStart({ options: { images } }, open, memoryOf) {
  const folder = mkdtempSync(join(tmpdir(), 'selectivity-lab-start-'))
  const { url, close } = await servedPage()
  try {
    const path = join(folder, 'images.zip')
    await writeZip(path, images)
    const context = await open(join(folder, 'profile'))
    try {
      return { images, ...(await measure(await context.newPage(), url, path, () => memoryOf(context.browser()))) }
    } finally {
      await context.close()
    }
  } finally {
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
}
