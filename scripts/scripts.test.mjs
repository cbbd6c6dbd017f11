import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { startOptions } from './arguments.mjs'
import { unpackRows } from './cifar10.mjs'
import { add, countPlaywright, countVitest, none, summaryLine } from './count.mjs'
import { damage } from './packed.mjs'
import { serve } from './serve.mjs'

const home = mkdtempSync(join(tmpdir(), 'lab-scripts-'))
afterAll(() => rmSync(home, { recursive: true }))

describe('the options of npm start', () => {
  it('are read and have defaults', () => {
    expect(startOptions([])).toEqual({ port: 4173, open: true, data: true, help: false })
    expect(startOptions(['--port', '8080', '--no-open', '--no-data'])).toEqual({
      port: 8080,
      open: false,
      data: false,
      help: false,
    })
  })

  it.each([
    [['--prot', '1'], /'--prot'/],
    [['--port', 'x'], /invalid --port x/],
    [['--port', '70000'], /from 1 to 65535/],
  ])('%j are refused', (args, message) => {
    expect(() => startOptions(args)).toThrow(message)
  })
})

describe('CIFAR-10', () => {
  it('is unpacked from PNGs of an image a row', async () => {
    const pixels = Buffer.from(Array.from({ length: 2 * 1024 * 3 }, (_, i) => (i * 7) % 256))
    const path = join(home, 'rows.png')
    await sharp(pixels, { raw: { width: 1024, height: 2, channels: 3 } })
      .png()
      .toFile(path)
    expect(Buffer.compare(await unpackRows(path, sharp), pixels)).toBe(0)
    await sharp(pixels, { raw: { width: 512, height: 4, channels: 3 } })
      .png()
      .toFile(path)
    await expect(unpackRows(path, sharp)).rejects.toThrow(/512×4 with 3 channels in place of 1024 wide/)
  })

  it('is checked: a missing, cut and changed file are each noticed', async () => {
    const bytes = Buffer.from('the packed images')
    const expected = ['a', 'b', 'c', 'd'].map((file) => ({
      file,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }))
    for (const { file } of expected) writeFileSync(join(home, file), bytes)
    expect(await damage(home, expected)).toEqual([])
    rmSync(join(home, 'a'))
    writeFileSync(join(home, 'b'), bytes.subarray(1))
    writeFileSync(join(home, 'c'), Buffer.from('the packed imagez'))
    expect(await damage(home, expected)).toEqual(['a is missing', 'b has 16 bytes in place of 17', 'c is damaged'])
  })
})

describe('the server', () => {
  it('takes the next port where one is taken, or says so', async () => {
    const first = await serve({ root: home, port: 45871, anyPort: true })
    const port = Number(new URL(first.url).port)
    const second = await serve({ root: home, port, anyPort: true })
    expect(Number(new URL(second.url).port)).toBeGreaterThan(port)
    await expect(serve({ root: home, port })).rejects.toThrow(`port ${port} is taken`)
    await Promise.all([first.close(), second.close()])
  })
})

describe('the summary', () => {
  it('adds up the runners’ reports', () => {
    const vitest = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [{}] },
      ],
    }
    const playwright = { stats: { expected: 3, unexpected: 1, flaky: 0, skipped: 0 }, errors: [{}] }
    const total = add(add(none, countVitest(vitest)), countPlaywright(playwright))
    expect(total).toEqual({ passed: 8, failed: 4, skipped: 2 })
    expect(summaryLine(total)).toBe('8 passed, 4 failed, 2 skipped')
    expect(summaryLine({ passed: 2, failed: 0, skipped: 0 })).toBe('2 passed, 0 failed')
  })
})
