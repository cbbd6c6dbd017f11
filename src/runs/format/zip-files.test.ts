import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js'
import { describe, expect, it } from 'vitest'
import { zippedRuns } from './zip-files.ts'

async function zipOf(files: Readonly<Record<string, string>>, level = 6): Promise<Blob> {
  const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false, level })
  for (const [name, text] of Object.entries(files)) await zip.add(name, new TextReader(text))
  return zip.close()
}

const long = 'selectivity '.repeat(1000)

describe.each([0, 6])('runs in a zip (compression %s)', (level) => {
  it('have their files and folders', async () => {
    const files = {
      'b/seed-10/events.jsonl': '',
      'b/seed-9/events.jsonl': 'log',
      'b/seed-9/checkpoints/a': long,
      'b/seed-9/x/y/z': '',
    }
    const runs = await zippedRuns(await zipOf({ ...files, 'plan.json': '{}' }, level))
    expect(runs.map(({ place }) => place)).toEqual(['b/seed-9', 'b/seed-10'])
    const [{ files: run }] = runs
    expect(await (await run.read('events.jsonl'))?.text()).toBe('log')
    expect(await (await run.read('checkpoints/a'))?.slice(12, 23).text()).toBe('selectivity')
    expect(await run.read('plan.json')).toBe(null)
    expect(await run.list('')).toEqual([{ name: 'events.jsonl', bytes: 3 }])
    expect(await run.list('checkpoints')).toEqual([{ name: 'a', bytes: long.length }])
  })

  it('at the top of a zip, or in one by Windows, are found', async () => {
    const [top] = await zippedRuns(await zipOf({ 'events.jsonl': 'log', 'resume/points.json': '{}' }, level))
    expect([top.place, await top.files.list('resume')]).toEqual(['', [{ name: 'points.json', bytes: 2 }]])
    const [windows] = await zippedRuns(await zipOf({ 'a\\events.jsonl': 'log' }, level))
    expect(windows.place).toBe('a')
  })

  it('have no file whose bytes are not those that were packed', async () => {
    const zip = new Uint8Array(await (await zipOf({ 'events.jsonl': long }, level)).arrayBuffer())
    zip[60] ^= 4
    const [run] = await zippedRuns(new Blob([zip]))
    await expect(run.files.read('events.jsonl')).rejects.toThrow(/^events\.jsonl is damaged in the zip/)
  })
})

it('a file that would fill the memory is refused', async () => {
  const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
  await zip.add('events.jsonl', new BlobReader(new Blob([new Uint8Array(2 ** 25)])))
  const [run] = await zippedRuns(await zip.close())
  await expect(run.files.read('events.jsonl')).rejects.toThrow('would unpack to more than 200 times its size')
})

it('a file that is no zip is refused', async () => {
  await expect(zippedRuns(new Blob(['no zip']))).rejects.toThrow()
})
