import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { DataRecord } from '../protocol/environment.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { picture } from '../testing/archives.ts'
import { startEvent } from '../testing/events.ts'
import { createLive } from '../train/live.ts'
import { readPrepared } from './host.ts'
import { measuredData, resumedData } from './run-data.ts'
import { trainInto } from './train-run.ts'

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

async function setOf(path: string) {
  await using images = await readPrepared(path, configOn(path), signal)
  return images.set
}

/** The log of a run that began on the images of a folder. */
async function begunOn(path: string): Promise<RecordedEvent[]> {
  const { report, classes } = await setOf(path)
  const data: DataRecord = { ...report, classes }
  const { environment } = startEvent
  return [{ ...startEvent, config: configOn(path), classes, environment: { ...environment, data }, time: 0 }]
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

describe('resuming', () => {
  it('refuses images that have changed, before it opens the GPU or touches the folder', async () => {
    const out = join(home, 'run')
    const path = changed('refused', changes['an image more'])
    const events = trainInto({
      config: configOn(path),
      out,
      live: createLive(),
      signal,
      open: () => Promise.reject(new Error('the GPU was opened')),
      tuning: 'untuned',
      recorded: await begunOn(source),
    })
    await expect(events.next()).rejects.toThrow(
      /^the images of .*refused\/images have changed since the run began \(fingerprint .*: 7 training images instead of 6\); .* --accept-changed-data to go on with these$/,
    )
    expect(readdirSync(home)).not.toContain('run')
  })

  it.each(Object.entries(changes))('tells %s, and records it where that is accepted', async (name, change) => {
    const path = changed(name, change)
    const [recorded, set] = [await begunOn(source), await setOf(path)]
    expect(() => resumedData(recorded, configOn(path), set, false)).toThrow(/have changed since the run began/)
    const accepted = resumedData(recorded, configOn(path), set, true)
    expect(accepted.change).toMatchObject({
      change: 'changed',
      from: { source },
      to: { source: path, contents: set.report.contents },
    })
    expect(accepted.change?.from.contents).not.toBe(set.report.contents)
  })

  it('goes on with the same images, also at another place, which it records', async () => {
    const recorded = await begunOn(source)
    expect(resumedData(recorded, configOn(source), await setOf(source), false).change).toBe(null)
    const path = changed('moved', () => {})
    const moved = resumedData(recorded, configOn(path), await setOf(path), false)
    expect(moved.change).toMatchObject({ change: 'moved', from: { source }, to: { source: path } })
  })

  it('compares with the images that the run went on with last', async () => {
    const path = changed('second', changes['an image less'])
    const recorded = [...(await begunOn(source)), ...(await begunOn(path))]
    expect(resumedData(recorded, configOn(path), await setOf(path), false).change).toBe(null)
    const first = await setOf(source)
    expect(() => resumedData(recorded, configOn(source), first, false)).toThrow(/have changed/)
  })

  it('refuses other classes even where changed images are accepted', async () => {
    const path = changed('classes', (folder) => cpSync(join(folder, 'a'), join(folder, 'c'), { recursive: true }))
    const [recorded, set] = [await begunOn(source), await setOf(path)]
    expect(() => resumedData(recorded, configOn(path), set, true)).toThrow(
      'images has other classes than the run, or in another order (a, b, c instead of a, b)',
    )
  })
})

describe('measuring', () => {
  it('identifies the same images wherever they lie, and warns of others', async () => {
    const [start] = await begunOn(source)
    const { data } = (start as typeof startEvent).environment
    const path = changed('copied', () => {})
    const copied = measuredData(data, path, (await setOf(path)).report, true)
    expect(copied).toEqual({ identity: data.contents, warning: null, unknown: null })
    for (const [name, change] of Object.entries(changes)) {
      const other = changed(`measured ${name}`, change)
      const { report } = await setOf(other)
      const found = measuredData(data, other, report, false)
      expect(found.identity, name).toBe(report.contents)
      expect(found.warning, name).toMatch(/have changed since the run was trained \(fingerprint .*\); held-out images/)
      expect(measuredData(data, other, report, true).warning).toMatch(/has other images than the run/)
    }
  })

  it('says where the run does not record its images', async () => {
    const { report } = await setOf(source)
    const found = measuredData({ source: '', fingerprint: '', classes: [] }, source, report, false)
    expect(found).toMatchObject({ warning: null, unknown: expect.stringMatching(/does not record its images/) })
  })
})
