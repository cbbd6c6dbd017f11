import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { decode } from '../data/node/decode.ts'
import { folderListing } from '../data/node/folder.ts'
import { openSet } from '../data/set/read-set.ts'
import { DataError, type Decode, type ImageSet } from '../data/source.ts'
import { picture } from '../testing/archives.ts'
import { type AuditHost, createAudit, createTurn, type Pace } from './audit.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-audit-'))
afterAll(() => rmSync(home, { recursive: true }))
const { signal } = new AbortController()
const images = 40

beforeAll(async () => {
  for (let i = 0; i < images; i++) {
    const path = join(home, i % 2 ? 'cat' : 'dog', `${i}.png`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, i === 9 ? 'no picture' : await picture(i))
  }
})

/** A listed set, whose images are decoded one after another when the test says so. */
async function listed() {
  const gates: (() => void)[] = []
  const read = { open: false, begun: 0 }
  const gated: Decode = async (bytes, side) => {
    read.begun++
    if (!read.open) await new Promise<void>((resolve) => gates.push(resolve))
    return decode(bytes, side)
  }
  const { entries } = await folderListing(home, signal)
  const options = { name: 'set', decode: gated, readNames: async () => '', validationFraction: 0.2, seed: 1 }
  const set = await openSet(entries, { ...options, check: 'none' }, () => {}, signal)
  const go = () => {
    read.open = true
    for (const open of gates.splice(0)) open()
  }
  return { set, read, go }
}

/** Begins the audit of a set; `caches` counts the caches that were opened and closed. */
function begin(set: ImageSet, pace: Pace) {
  const caches = { opened: 0, closed: 0 }
  const ended = vi.fn<AuditHost['onEnd']>()
  const failed = vi.fn<AuditHost['onFailure']>()
  const progress = vi.fn<AuditHost['onProgress']>()
  const audit = createAudit(
    set,
    {
      onProgress: progress,
      onEnd: ended,
      onFailure: failed,
      openCache: () => {
        caches.opened++
        return {
          open: async () => null,
          end: async () => {
            caches.closed++
          },
        }
      },
      now: () => 0,
      cores: 2,
    },
    pace,
  )
  return { audit, caches, ended, failed, progress }
}

test('all images are read across changes of pace, each once, and caches are closed at each change', async () => {
  const { set, read, go } = await listed()
  const { audit, caches, ended, progress } = begin(set, 'held')
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(read.begun).toBe(0)
  await audit.setPace('full')
  await vi.waitFor(() => expect(read.begun).toBeGreaterThan(1))
  const slowed = audit.setPace('slow')
  go()
  await slowed
  expect(caches).toEqual({ opened: 1, closed: 1 })
  await audit.setPace('full')
  const complete = await audit.complete
  expect(complete.report).toMatchObject({ checked: images - 1, files: images - 1, unreadable: [{ path: 'cat/9.png' }] })
  expect(complete.report.contents).toMatch(/^[0-9a-f]{64}$/)
  expect(read.begun).toBe(images)
  expect(caches.closed).toBe(caches.opened)
  expect(ended.mock.calls).toEqual([[complete]])
  expect(progress.mock.calls.at(-1)).toEqual([images, images])
})

test('a stopped audit tells what is known by then; one that is dropped tells nothing', async () => {
  for (const how of ['stop', 'drop'] as const) {
    const { set, read, go } = await listed()
    const { audit, ended, failed } = begin(set, 'full')
    await vi.waitFor(() => expect(read.begun).toBeGreaterThan(1))
    audit[how]()
    go()
    await expect(audit.complete).rejects.toThrow()
    expect(ended).toHaveBeenCalledTimes(how === 'stop' ? 1 : 0)
    if (how === 'stop') expect(ended.mock.calls[0][0].report.contents).toBeNull()
    expect(failed).not.toHaveBeenCalled()
  }
})

test('a source that is lost fails the audit with its reason', async () => {
  const { set } = await listed()
  const lost = { ...set, audit: () => Promise.reject(new DataError('set is no longer there')) }
  const { audit, ended, failed } = begin(lost, 'slow')
  await expect(audit.complete).rejects.toThrow('no longer there')
  expect(failed.mock.calls).toEqual([[new DataError('set is no longer there')]])
  expect(ended).not.toHaveBeenCalled()
})

test('beside a run, the audit rests in proportion to the time that an image takes', async () => {
  vi.useFakeTimers()
  try {
    let now = 0
    const turn = createTurn(() => now, 2)
    await turn(signal)
    now += 5
    let isNext = false
    const next = turn(signal).then(() => {
      isNext = true
    })
    await vi.advanceTimersByTimeAsync(39)
    expect(isNext).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await next
    const controller = new AbortController()
    now += 1000
    const aborted = turn(controller.signal)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  } finally {
    vi.useRealTimers()
  }
})
