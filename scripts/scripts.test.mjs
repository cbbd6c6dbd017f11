import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { startOptions, testOptions, tortureOptions } from './arguments.mjs'
import { checkIntegrity, pack, unpackRows } from './cifar10.mjs'
import { compressFolder } from './compress.mjs'
import { add, countPlaywright, countVitest, none, summaryLine } from './count.mjs'
import { damage } from './packed.mjs'
import { pagePolicy, workerPolicy } from './policy.mjs'
import { serve } from './serve.mjs'
import { nodeSuits, root } from './setup.mjs'

const home = mkdtempSync(join(tmpdir(), 'lab-scripts-'))
afterAll(() => rmSync(home, { recursive: true }))

describe('the options of npm run torture', () => {
  it('are parsed and have defaults', () => {
    const defaults = { points: 200, browser: 20, jobs: 2, seed: null, chain: null, verbose: false, help: false }
    expect(tortureOptions([])).toEqual(defaults)
    expect(tortureOptions(['--points', '5', '--seed', '0', '--chain', '3'])).toEqual({
      ...defaults,
      ...{ points: 5, seed: 0, chain: 3 },
    })
  })

  it.each([
    [['--points', 'many'], /invalid --points many: it must be a whole number from 0/],
    [['--jobs', '0'], /invalid --jobs 0: it must be a whole number from 1/],
    [['--pionts', '1'], /'--pionts'/],
  ])('%j are rejected', (args, message) => {
    expect(() => tortureOptions(args)).toThrow(message)
  })
})

describe('the options of npm start', () => {
  it('are parsed and have defaults', () => {
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
  ])('%j are rejected', (args, message) => {
    expect(() => startOptions(args)).toThrow(message)
  })

  it('end the program with exit code 2 and no stack trace when they are wrong', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'start.mjs'), '--prot'], {
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(/'--prot'/)
    expect(stderr).not.toMatch(/ at /)
  })
})

describe('the options of npm test', () => {
  it('choose a stage and pass on the arguments of its runner', () => {
    const all = { only: null, rest: [], help: false, env: {} }
    expect(testOptions([])).toEqual(all)
    expect(testOptions(['--only', 'unit', '-t', 'tar'])).toEqual({ ...all, only: 'unit', rest: ['-t', 'tar'] })
    const exhaustive = { only: 'gpu', rest: ['src/train/oracle-'], env: { LAB_EXHAUSTIVE: '1' } }
    expect(testOptions(['--exhaustive'])).toEqual({ ...all, ...exhaustive })
    expect(() => testOptions(['--exhaustive', 'src'])).toThrow('unknown argument: --exhaustive')
    expect(() => testOptions(['--only', 'units'])).toThrow('unknown stage: units (have static, unit, gpu, browser)')
    expect(() => testOptions(['src/data'])).toThrow('unknown argument: src/data')
  })
})

describe('Node', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.0.1'])('%s can run the lab', (version) =>
    expect(nodeSuits(version)).toBe(true),
  )
  it.each(['18.20.0', '20.18.3', '21.7.0', '22.11.0'])('%s is rejected', (version) =>
    expect(nodeSuits(version)).toBe(false),
  )
})

describe('CIFAR-10', () => {
  it('is unpacked from PNGs with one image per row', async () => {
    const pixels = Buffer.from(Array.from({ length: 2 * 1024 * 3 }, (_, i) => (i * 7) % 256))
    const path = join(home, 'rows.png')
    await sharp(pixels, { raw: { width: 1024, height: 2, channels: 3 } })
      .png()
      .toFile(path)
    expect(Buffer.compare(await unpackRows(path, sharp), pixels)).toBe(0)
    await sharp(pixels, { raw: { width: 512, height: 4, channels: 3 } })
      .png()
      .toFile(path)
    await expect(unpackRows(path, sharp)).rejects.toThrow(/512×4 with 3 channels instead of 1024 wide/)
  })

  it('is packed with a description that has the hashes of its files', async () => {
    const [from, to] = ['from', 'to'].map((name) => join(home, name))
    for (const folder of [from, to]) mkdirSync(folder)
    const rows = (count, start) => Buffer.from(Array.from({ length: count * 3072 }, (_, i) => (i + start) % 251))
    const write = (name, count, start) =>
      sharp(rows(count, start), { raw: { width: 1024, height: count, channels: 3 } })
        .png()
        .toFile(join(from, name))
    await Promise.all([write('a.png', 2, 0), write('b.png', 1, 100), write('t.png', 1, 200)])
    writeFileSync(join(from, 'train.json'), '[3, 0, 9]')
    writeFileSync(join(from, 'test.json'), '[5]')
    const set = {
      train: { labels: 'train.json', images: ['a.png', 'b.png'] },
      test: { labels: 'test.json', images: ['t.png'] },
    }
    await pack(from, to, sharp, set)

    const meta = JSON.parse(readFileSync(join(to, 'meta.json'), 'utf8'))
    expect(meta).toMatchObject({ format: 1, height: 32, width: 32, channels: 3 })
    expect(meta.classes[3]).toEqual({ id: 'cat', name: 'cat' })
    expect(meta.splits.train.shards.map(({ file, images }) => [file, images])).toEqual([
      ['train-0.bin', 2],
      ['train-1.bin', 1],
    ])
    const shards = [...meta.splits.train.shards, ...meta.splits.test.shards]
    expect(await damage(to, shards)).toEqual([])
    expect([...readFileSync(join(to, 'train-labels.bin'))]).toEqual([3, 0, 9])
    expect(Buffer.compare(readFileSync(join(to, 'train-1.bin')), rows(1, 100))).toBe(0)
    expect(meta.fingerprint).toMatch(/^[0-9a-f]{64}$/)

    writeFileSync(join(from, 'test.json'), '[5, 6]')
    await expect(pack(from, to, sharp, set)).rejects.toThrow('1 images but 2 labels in test')
  })

  it('is checked: a missing, a truncated and a changed file are reported', async () => {
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
    expect(await damage(home, expected)).toEqual(['a is missing', 'b has 16 bytes instead of 17', 'c is damaged'])
  })
})

it('a downloaded tarball with another hash is rejected', async () => {
  const path = join(home, 'set.tgz')
  writeFileSync(path, 'the tarball')
  const integrity = `sha512-${createHash('sha512').update('the tarball').digest('base64')}`
  await checkIntegrity(path, integrity)
  writeFileSync(path, 'the tarbal1')
  await expect(checkIntegrity(path, integrity)).rejects.toThrow('set.tgz is damaged: its sha512 hash is wrong')
})

/** Requests a path unchanged; `fetch` would resolve `..` first. */
const ask = (url, path, headers = {}) =>
  new Promise((resolve, reject) => {
    get(url, { path, headers }, async (response) => {
      const parts = await response.toArray()
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() })
    }).on('error', reject)
  })

describe('the server', () => {
  const site = join(home, 'site')
  const put = (path, text) => {
    mkdirSync(join(site, path, '..'), { recursive: true })
    writeFileSync(join(site, path), text)
  }

  it('serves the page and the datasets, each with its policy', async () => {
    put('dist/index.html', '<p>lab</p>')
    put('dist/old.js', '1')
    put('public/data/set/a.bin', '0123456789')
    put('secret.txt', 'secret')
    const { url, close } = await serve({ root: site, port: 45801, anyPort: true })
    const page = await ask(url, '/')
    expect(page).toMatchObject({ status: 200, body: '<p>lab</p>' })
    expect(page.headers['content-security-policy']).toBe(pagePolicy)
    expect((await ask(url, '/old.js')).headers['content-security-policy']).toBe(workerPolicy)
    const data = await ask(url, '/data/set/a.bin')
    expect(data).toMatchObject({ status: 200, body: '0123456789' })
    expect(data.headers['content-type']).toBe('application/octet-stream')
    const part = await ask(url, '/data/set/a.bin', { range: 'bytes=2-4' })
    expect(part).toMatchObject({ status: 206, body: '234' })
    expect(part.headers['content-range']).toBe('bytes 2-4/10')
    for (const path of [
      '/data/set/b.bin',
      '/data/../../secret.txt',
      '/data/%2e%2e/%2e%2e/secret.txt',
      '/../secret.txt',
    ])
      expect((await ask(url, path)).status).toBe(404)
    // A build replaces the files of a running server.
    rmSync(join(site, 'dist/old.js'))
    put('dist/new.js', '2')
    expect((await ask(url, '/old.js')).status).toBe(404)
    expect((await ask(url, '/new.js')).body).toBe('2')
    await close()
  })

  it('sends compressed files with their type and policy, and lets browsers keep those with a hash in their name', async () => {
    const script = 'const a = 1;'.repeat(200)
    put('dist/index.html', `<p>${'lab '.repeat(400)}</p>`)
    put('dist/assets/a-1.js', script)
    put('dist/assets/small.js', '1')
    await compressFolder(join(site, 'dist'))
    const { url, close } = await serve({ root: site, port: 45841, anyPort: true })
    const sizes = {}
    for (const encoding of ['br', 'gzip', 'identity']) {
      const { status, headers } = await ask(url, '/assets/a-1.js', { 'accept-encoding': encoding })
      expect(status).toBe(200)
      expect(headers['content-encoding']).toBe(encoding === 'identity' ? undefined : encoding)
      expect(headers['content-type']).toMatch(/^text\/javascript/)
      expect(headers['content-security-policy']).toBe(workerPolicy)
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(headers.vary).toMatch(/accept-encoding/i)
      sizes[encoding] = Number(headers['content-length'])
    }
    expect(sizes.identity).toBe(script.length)
    expect(sizes.br).toBeLessThan(200)
    expect(sizes.gzip).toBeLessThan(200)
    const page = await ask(url, '/', { 'accept-encoding': 'br' })
    expect(page.headers).toMatchObject({
      'content-encoding': 'br',
      'content-type': expect.stringMatching(/^text\/html/),
      'content-security-policy': pagePolicy,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(
      (await ask(url, '/assets/small.js', { 'accept-encoding': 'br' })).headers['content-encoding'],
    ).toBeUndefined()
    await close()
  })

  it('answers a repeated request with 304, HEAD without a body, and parts of files of every kind', async () => {
    put('dist/index.html', '<p>lab</p>')
    put('dist/assets/b-2.wasm', '0123456789'.repeat(300))
    put('dist/assets/c-3.woff2', 'font')
    await compressFolder(join(site, 'dist'))
    const { url, close } = await serve({ root: site, port: 45861, anyPort: true })
    const page = await ask(url, '/')
    const again = await ask(url, '/', { 'if-none-match': page.headers.etag })
    expect([again.status, again.body]).toEqual([304, ''])
    const head = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', ''])
    const wasm = await ask(url, '/assets/b-2.wasm', { 'accept-encoding': 'br' })
    expect(wasm.headers).toMatchObject({ 'content-type': 'application/wasm', 'content-encoding': 'br' })
    const font = await ask(url, '/assets/c-3.woff2', { 'accept-encoding': 'br', range: 'bytes=1-2' })
    expect(font).toMatchObject({ status: 206, body: 'on' })
    expect(font.headers['content-type']).toBe('font/woff2')
    const beyond = await ask(url, '/assets/c-3.woff2', { range: 'bytes=9-12' })
    expect(beyond.status).toBe(416)
    await close()
  })

  it('uses the next port when one is taken, or reports it', async () => {
    const first = await serve({ root: site, port: 45871, anyPort: true })
    const port = Number(new URL(first.url).port)
    const second = await serve({ root: site, port, anyPort: true })
    expect(Number(new URL(second.url).port)).toBeGreaterThan(port)
    await expect(serve({ root: site, port })).rejects.toThrow(`port ${port} is taken`)
    await Promise.all([first.close(), second.close()])
  })
})

describe('the summary', () => {
  it('adds up the reports of the test runners', () => {
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
