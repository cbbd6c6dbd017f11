import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { foundIn } from '../data/set/changes.ts'
import type { DataRecord } from '../protocol/environment.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import { infoName } from '../runs/format/info.ts'
import { picture } from '../testing/archives.ts'
import { startEvent } from '../testing/events.ts'
import { dataRecordOf } from '../train/environment.ts'
import { readPrepared } from './host.ts'
import { byUser } from './resume.ts'
import { measuredData, resumedData } from './run-data.ts'
import { openFolder } from './run-disk.ts'
import { openState, readRunImages } from './train-run.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-train-run-'))
const source = join(home, 'images')
const { signal } = new AbortController()

beforeAll(async () => {
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  for (const [c, name] of ['a', 'b'].entries()) {
    for (let i = 0; i < 4; i++) {
      const path = join(source, name, `${i}.png`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, await picture(40 * c + i, 'png', 20))
    }
  }
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const configOn = (path: string) => parseConfig({ data: { source: path, inputSize: 16 } })

async function setOf(path: string, begun?: StartEvent) {
  await using images = await readPrepared(path, configOn(path), signal, { recorded: begun?.environment.data })
  return images.set
}

function begunWith(data: DataRecord, path: string): StartEvent {
  const { environment } = startEvent
  return { ...startEvent, config: configOn(path), classes: data.classes, environment: { ...environment, data } }
}

/** The start of a run on the images of a folder. */
const begunOn = async (path: string) => begunWith(dataRecordOf(await setOf(path)), path)

/** The same, as earlier versions recorded it once they had read all images. */
async function begunBefore(path: string): Promise<StartEvent> {
  await using images = await readPrepared(path, configOn(path), signal, { check: 'all' })
  const { report, classes } = images.set
  return begunWith({ ...report, classes }, path)
}

/** A copy of the images after a change. */
function changed(name: string, change: (folder: string) => void): string {
  const folder = join(home, name, 'images')
  cpSync(source, folder, { recursive: true })
  change(folder)
  return folder
}

const changes = {
  'an image more': (folder: string) => cpSync(join(source, 'a', '0.png'), join(folder, 'a', '9.png')),
  'an image less': (folder: string) => rmSync(join(folder, 'b', '3.png')),
  'a renamed image': (folder: string) => {
    cpSync(join(folder, 'a', '1.png'), join(folder, 'a', '8.png'))
    rmSync(join(folder, 'a', '1.png'))
  },
  'other bytes of equal length': (folder: string) => {
    // The last byte of a PNG's checksum of its end chunk; the lab's own check would name the file.
    const path = join(folder, 'a', '2.png')
    const bytes = readFileSync(path)
    const other = readFileSync(join(source, 'a', '3.png'))
    writeFileSync(path, other.length === bytes.length ? other : bytes.fill(0, -4))
  },
}

const anyAdapter = async () => {}

describe('resuming', () => {
  it('keeps the classes in their recorded order, which is that of the weights', async () => {
    const request = {
      config: parseConfig({ data: { source, inputSize: 16 } }),
      signal: new AbortController().signal,
      open: () => Promise.reject(new Error('the GPU was opened')),
      tuning: 'untuned',
    } as const
    using fresh = await readRunImages(request, anyAdapter)
    expect(fresh.set.classes.map(({ id }) => id)).toEqual(['a', 'b'])
    const { environment } = startEvent
    const begun: StartEvent = {
      ...startEvent,
      environment: { ...environment, data: { ...fresh.set.report, classes: fresh.set.classes.toReversed() } },
    }
    const going = { first: begun, last: begun, info: null, mark: byUser }
    using resumed = await readRunImages({ ...request, going }, anyAdapter)
    expect(resumed.set.classes.map(({ id }) => id)).toEqual(['b', 'a'])
    expect([...resumed.set.train.labels]).toEqual([...fresh.set.train.labels].map((label) => 1 - label))
  })

  it.each(Object.entries(changes))('tells %s, and records it where that is accepted', async (name, change) => {
    const path = changed(name, change)
    for (const begun of [begunOn, begunBefore]) {
      const recorded = await begun(source)
      const set = await setOf(path, recorded)
      expect(() => resumedData(recorded, configOn(path), set, 'no')).toThrow(/have changed since the run began/)
      const { change } = resumedData(recorded, configOn(path), set, 'yes')
      expect(change).toMatchObject({ change: 'changed', from: { source }, to: { source: path } })
      const { from, to } = change ?? {}
      expect(begun === begunOn ? from?.used : from?.contents).toBeTruthy()
      expect(begun === begunOn ? to?.used : to?.contents).toEqual(begun === begunOn ? set.used : set.report.contents)
      expect([from?.used, from?.contents]).not.toEqual([to?.used, to?.contents])
    }
  })

  it('goes on with the same images, also at another place, which it records', async () => {
    const recorded = await begunOn(source)
    expect(resumedData(recorded, configOn(source), await setOf(source), 'no').change).toBe(null)
    const path = changed('moved', () => {})
    const moved = resumedData(recorded, configOn(path), await setOf(path), 'no')
    expect(moved.change).toMatchObject({ change: 'moved', from: { source }, to: { source: path } })
  })

  it('compares with the images that the run went on with last', async () => {
    const path = changed('second', changes['an image less'])
    const recorded = await begunOn(path)
    expect(resumedData(recorded, configOn(path), await setOf(path), 'no').change).toBe(null)
    const first = await setOf(source)
    expect(() => resumedData(recorded, configOn(source), first, 'no')).toThrow(/have changed/)
    const repeated = () => resumedData(recorded, configOn(source), first, 'never')
    expect(repeated).toThrow(/have changed .*; restore them, or name their new place with --data$/)
  })

  it('refuses other classes even where changed images are accepted', async () => {
    const path = changed('classes', (folder) => cpSync(join(folder, 'a'), join(folder, 'c'), { recursive: true }))
    const [recorded, set] = [await begunOn(source), await setOf(path)]
    expect(() => resumedData(recorded, configOn(path), set, 'yes')).toThrow(
      'images has other classes than the run, or in another order (a, b, c instead of a, b)',
    )
  })
})

describe('measuring', () => {
  it('identifies the same images wherever they lie, and warns of others', async () => {
    for (const begun of [begunOn, begunBefore]) {
      const recorded = await begun(source)
      const { data } = recorded.environment
      const path = changed('copied', () => {})
      const copied = measuredData(data, path, foundIn(await setOf(path, recorded)), true)
      const own = data.used?.validation ?? data.contents
      expect(copied).toEqual({ identity: own, warning: null, unknown: null })
      for (const [name, change] of Object.entries(changes)) {
        const other = changed(`measured ${name}`, change)
        const now = foundIn(await setOf(other, recorded))
        const found = measuredData(data, other, now, false)
        expect(found.identity, name).toBe(begun === begunOn ? now.used?.validation : now.contents)
        expect(found.warning, name).toMatch(
          /have changed since the run was trained \(fingerprint .*\); validation images/,
        )
        expect(measuredData(data, other, now, true).warning).toMatch(/has other images than the run/)
      }
    }
  })

  it('says where the run does not record its images', async () => {
    const { report } = await setOf(source)
    const found = measuredData({ source: '', fingerprint: '', classes: [] }, source, report, false)
    expect(found).toMatchObject({ warning: null, unknown: expect.stringMatching(/does not record its images/) })
  })
})

test('a new run takes nothing over from what a failed beginning left in its folder', async () => {
  const out = join(home, 'left')
  const files = openFolder(out)
  for (const path of [infoName, 'resume/points.json', 'resume/controls.json', 'units.bin'])
    await files.replace(path, '{}')
  const controls = [{ step: 1, held: true, alpha: 2 }]
  expect(await openState(files, { out, controls }, null)).toEqual({ controls, resume: undefined })
  expect((await files.list('')).map(({ name }) => name)).toEqual([])
  expect((await files.list('resume')).map(({ name }) => name)).toEqual(['controls.json'])
  expect(JSON.parse((await (await files.read('resume/controls.json'))?.text()) ?? '')).toMatchObject({ controls })
})
