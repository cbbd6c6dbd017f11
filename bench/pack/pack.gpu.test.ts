import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oraclePath } from '../../src/testing/oracle.ts'
import { startRedis, withoutRedis } from '../../src/testing/redis.ts'
import { pack } from './pack.mjs'

describe.runIf(process.platform !== 'win32')('the bundle, without programs, network and home folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-bundle-'))
  beforeAll(async () => {
    const out = join(folder, 'lab.tgz')
    await pack({ out, level: 1 })
    const { status, stderr } = spawnSync('tar', ['xzf', out, '-C', folder], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const run = (...args: string[]) => {
    const script = join(folder, 'selectivity-lab', 'run.sh')
    return spawnSync('/bin/sh', [script, ...args], { encoding: 'utf8', cwd: folder, env: { PATH: '' } })
  }

  it('trains on images from the command line', () => {
    expect(run('lab', '--help').stdout).toMatch(/train +Train a network/)
    const data = { source: join(oraclePath('active-full-batch'), 'images'), inputSize: 32, augmentation: 'none' }
    const train = { epochs: 1, batchSize: 8, microBatchSize: 8 }
    const config = { data, model: { blocks: [1, 1, 1, 1], width: 8 }, train, probe: { imagesPerClass: 2 } }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    const out = join(folder, 'run')
    const { status, stderr } = run('lab', 'train', '--config', join(folder, 'config.json'), '--untuned', '--out', out)
    expect(status, stderr).toBe(0)
    expect(readFileSync(join(out, 'events.jsonl'), 'utf8')).toContain('"reason":"finished"')
  })

  it.skipIf(withoutRedis !== null)('works on a queue', async () => {
    await using server = await startRedis()
    const runs = join(folder, 'runs')
    const { status, stderr } = run('lab', 'work', '--queue', server.url, '--data', 'cifar10', '--runs', runs, '--drain')
    expect(stderr).toMatch(/waits for runs, which it trains on .+ and writes to/)
    expect(status).toBe(0)
    expect(run('lab', 'board', '--queue', server.url).stderr).toMatch(/a bundle has no board/)
  })

  it('runs GPU tests and counts them', () => {
    const { status, stdout } = run('test', 'src/gpu/isolated')
    expect(stdout).toMatch(/isolated\.gpu\.test\.js: [1-9]\d* passed, 0 failed/)
    expect(status).toBe(0)
    expect(run('test', 'no such test').status).toBe(1)
  })

  it('plans the memory of a step, and refuses what needs a browser', () => {
    const { status, stdout } = run('bench', 'memory', '--preset', 'small')
    expect(stdout).toMatch(/intermediates, planned/)
    expect(status).toBe(0)
    expect(run('bench', 'open').stderr).toMatch(/open needs the project itself/)
  })
})
