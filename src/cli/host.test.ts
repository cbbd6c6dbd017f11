import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { picture, tarOf } from '../testing/archives.ts'
import { canListDescriptors, openBelow } from '../testing/descriptors.ts'
import { openImages, readPrepared, shareImages, splitOf } from './host.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-host-'))
const temporary = join(home, 'tmp')
const { signal } = new AbortController()
const sources = ['set.tar.gz', 'set.tar', 'folder', 'nested'] as const

beforeAll(async () => {
  vi.stubEnv('TMPDIR', temporary)
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  mkdirSync(temporary)
  const files: { path: string; bytes: Uint8Array }[] = []
  for (const [c, name] of ['a', 'b'].entries())
    for (let i = 0; i < 6; i++) files.push({ path: `${name}/${i}.png`, bytes: await picture(40 * c + i, 'png', 20) })
  const write = (path: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), bytes)
  }
  for (const { path, bytes } of files) write(`folder/${path}`, bytes)
  write('set.tar', tarOf(files))
  write('set.tar.gz', gzipSync(tarOf(files)))
  write('nested/all.tar.gz', gzipSync(tarOf([{ path: 'inner.tar', bytes: tarOf(files) }])))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const configOf = (source: string, seed: number) =>
  parseConfig({ seed, data: { source: join(home, source), inputSize: 16, augmentation: 'none' } })

const left = () => ({ folders: readdirSync(temporary), files: canListDescriptors ? openBelow(home) : [] })
/** Temporary folders that hold the unpacked archive while it is open. */
const unpackedOf = { 'set.tar.gz': 1, 'set.tar': 0, folder: 0, nested: 1 } as const
const nothing = { folders: [], files: [] }

describe.each(sources)('the images of %s', (source) => {
  it.skipIf(!canListDescriptors)('leave no descriptor and no temporary folder once they are closed', async () => {
    for (const seed of [1, 1, 2]) {
      const config = configOf(source, seed)
      await using images = await openImages(config.data.source, splitOf(config), { signal, side: 16 })
      using prepared = await images.prepare(config, { signal })
      await prepared.set.train.read(0)
    }
    expect(left()).toEqual(nothing)
  })

  it.skipIf(!canListDescriptors)('are closed with the prepared images that own them', async () => {
    const config = configOf(source, 1)
    {
      await using prepared = await readPrepared(config.data.source, config, signal, { heldOutOnly: true })
      await prepared.set.validation.read(0)
      expect(left()).not.toEqual(nothing)
    }
    expect(left()).toEqual(nothing)
  })

  it.skipIf(!canListDescriptors)('are opened once for all runs of a plan and their measurements', async () => {
    const written = readdirSync(home).length
    {
      await using shared = shareImages()
      let during: unknown
      for (const seed of [1, 2, 3]) {
        const config = configOf(source, seed)
        for (const heldOutOnly of [false, true]) {
          await using images = await shared.open(config.data.source, splitOf(config), { signal, side: 16 })
          using prepared = await images.prepare(config, { signal, heldOutOnly })
          expect(prepared.warnings).toEqual([])
          await prepared.set.validation.read(0)
          expect(images.set.report.notes[0]).toContain(`seed ${seed}`)
        }
        // The source stays open, however many runs have read it.
        during ??= left()
        expect(left()).toEqual(during)
      }
      expect(left().folders.length).toBe(unpackedOf[source])
    }
    expect(left()).toEqual(nothing)
    expect(readdirSync(home).length).toBe(written)
  })

  it.skipIf(!canListDescriptors)('are closed if a run cannot be prepared', async () => {
    const config = parseConfig({ data: { source: join(home, source), inputSize: 16, classes: ['a', 'z'] } })
    const preparing = async () => {
      await using images = await openImages(config.data.source, splitOf(config), { signal, side: 16 })
      using prepared = await images.prepare(config, { signal })
      return prepared.set
    }
    await expect(preparing()).rejects.toThrow('unknown class: z')
    expect(left()).toEqual(nothing)
  })

  it.skipIf(!canListDescriptors)('are closed if reading is canceled or refused', async () => {
    const controller = new AbortController()
    const { data } = configOf(source, 1)
    const opening = openImages(data.source, { validationFraction: 0.1, seed: 1 }, { signal: controller.signal })
    controller.abort()
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(left()).toEqual(nothing)
  })
})

it('a dataset is only read where a measurement needs it', async () => {
  rmSync(join(home, 'cache'), { recursive: true, force: true })
  const config = configOf('folder', 5)
  const options = { heldOutOnly: true, cache: false }
  await using prepared = await readPrepared(config.data.source, config, signal, options)
  const { train, validation, report } = prepared.set
  expect(report).toMatchObject({ checked: 0, contents: null })
  // One training image of each class shows that the class takes none of its validation images to train on.
  const read = Array.from({ length: train.labels.length }, (_, i) => train.file?.(i).hash).filter(
    (hash) => hash !== null,
  )
  expect(read).toHaveLength(report.classes.length)
  expect(train.labels.length).toBeGreaterThan(report.classes.length)
  expect(validation.file?.(0).hash).not.toBe(null)
  expect(readdirSync(join(home, 'cache', 'selectivity-lab'))).toEqual(['checks'])
})

it('a dataset with splits is read once for all seeds of a plan, others once per seed', async () => {
  for (const [split, folder] of [
    ['train', 'splits/train'],
    ['validation', 'splits/val'],
  ] as const)
    for (const [c, name] of ['a', 'b'].entries()) {
      mkdirSync(join(home, folder, name), { recursive: true })
      writeFileSync(join(home, folder, name, '0.png'), await picture(40 * c + split.length))
    }
  await using shared = shareImages()
  const setsOf = async (source: string) => {
    const open = (seed: number) => shared.open(join(home, source), { validationFraction: 0.2, seed }, { signal })
    return new Set([(await open(1)).set, (await open(2)).set, (await open(1)).set]).size
  }
  expect(await setsOf('splits')).toBe(1)
  expect(await setsOf('folder')).toBe(2)
})

it.skipIf(!canListDescriptors)('an archive without classes leaves nothing open', async () => {
  writeFileSync(join(home, 'flat.tar.gz'), gzipSync(tarOf([{ path: '1.png', bytes: await picture(1) }])))
  await expect(openImages(join(home, 'flat.tar.gz'), { validationFraction: 0.1, seed: 1 }, { signal })).rejects.toThrow(
    'no class folders',
  )
  expect(left()).toEqual(nothing)
})

/** Other programs use the temporary folder too. */
const unpacking = () => readdirSync(temporary).filter((name) => name.startsWith('selectivity-lab-'))

/** Runs `inspect` on an archive and presses Ctrl-C while it unpacks; resolves with the exit code. */
async function interrupted(archive: string): Promise<number | null> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', main, 'inspect', archive], { cwd, stdio: 'ignore' })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await vi.waitUntil(() => unpacking().length > 0, { timeout: 60_000, interval: 10 })
  child.kill('SIGINT')
  return ended
}

it.skipIf(process.platform === 'win32')(
  'an interrupted command leaves no temporary folder',
  { timeout: 120_000 },
  async () => {
    const images = Array.from({ length: 100 }, (_, i) => ({ path: `a/${i}.png`, bytes: randomBytes(1e6) }))
    writeFileSync(join(home, 'large.tar.gz'), gzipSync(tarOf(images), { level: 0 }))
    expect(await interrupted(join(home, 'large.tar.gz'))).toBe(1)
    expect(unpacking()).toEqual([])
  },
)
