import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeImages } from '../../e2e/torture/scenarios.ts'
import { startLab } from '../../e2e/torture/sweep.ts'
import { parseConfig } from '../config/config.ts'
import { nothingMeasured } from '../experiments/plan.ts'
import { bullQueue } from '../experiments/queue/node/bullmq.ts'
import { jobOf, type RunJob } from '../experiments/queue/run-job.ts'
import { makeCertificate, startRedis, withoutRedis } from '../testing/redis.ts'
import { writeRun } from '../testing/run-folder.ts'
import { addPart, openAttempt, partsIn, removeOthers } from './work-folders.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-work-'))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

const lab = (...args: string[]) => startLab(home, args)
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe.skipIf(withoutRedis !== null)('a worker', () => {
  it('ends on other images than the plan’s, leaves the run to others, and fails only the job that cannot be used', async () => {
    await writeImages(join(home, 'images'))
    cpSync(join(home, 'images'), join(home, 'other'), { recursive: true })
    rmSync(join(home, 'other', 'class-0', '0.png'))
    const base = { data: { source: 'images', inputSize: 16 }, train: { epochs: 1 } }
    writeFileSync(join(home, 'plan.json'), JSON.stringify({ name: 'toy', base, arms: [{ name: 'a' }], seeds: [1] }))
    await using server = await startRedis()
    const options = { attempts: 3, delay: 5, lockDuration: 5000, onProblem: () => {} }
    await using queue = await bullQueue({ ...options, url: server.url })
    await queue.add([{ id: 'poison', data: { format: 1, name: '../../../etc', config: {} } }])
    const coordinator = lab('plan', 'plan.json', '--queue', server.url, '--out', 'out')
    while (!coordinator.output().includes('1 run sent')) await pause(50)
    const worker = lab('work', '--queue', server.url, '--data', 'other', '--runs', 'runs')
    expect(await worker.ended, worker.output()).toBe(2)
    expect(worker.output()).toMatch(/waits for runs, which it trains on .+ and writes to/)
    expect(worker.output()).toMatch(/other has other images \(fingerprint \w{12}\) than the plan toy/)
    const config = parseConfig({ ...base, name: 'a/seed-1', seed: 1 })
    const job = await jobOf('toy', { name: 'a/seed-1', arm: 'a', seed: 1, config }, nothingMeasured)
    expect(await queue.status([job.id, 'poison'])).toMatchObject([
      { state: 'waiting', failures: 0 },
      { state: 'failed', failures: 1, error: expect.stringContaining('the job cannot be used') },
    ])
    coordinator.child.kill('SIGTERM')
    expect(await coordinator.ended).toBe(1)
    expect(coordinator.output()).toContain('The workers go on without this command.')
    expect(existsSync(join(home, 'etc'))).toBe(false)
  })
})

const tls = withoutRedis === null ? makeCertificate(home) : null

describe.skipIf(tls === null)('a server with a certificate', () => {
  it('is used when the system trusts its authority, and refused otherwise, with the password in neither output', async () => {
    await using server = await startRedis({ password: 'open-sesame', tls })
    const board = ['board', '--queue', server.url, '--port', '0']
    const refused = startLab(home, board)
    const trusted = startLab(home, board, { NODE_EXTRA_CA_CERTS: tls?.certificate ?? '' })
    while (!trusted.output().includes('http://localhost') && trusted.child.exitCode === null) await pause(20)
    trusted.child.kill('SIGTERM')
    expect([await refused.ended, await trusted.ended], trusted.output()).toEqual([2, 0])
    expect(refused.output()).toMatch(
      /has no valid certificate \(self-signed certificate\); name its authority in NODE_EXTRA/,
    )
    expect(refused.output() + trusted.output()).not.toContain('sesame')
  })
})

describe('the folders of a worker’s attempts', () => {
  const job = { id: 'a'.repeat(32), name: 'a/seed-1' } as RunJob
  const runs = join(home, 'attempts')

  it('copy what a process elsewhere has, take over what this one has, and keep who trained which steps', async () => {
    const elsewhere = join(runs, job.id, '1700000000000-00000000-1-00000000')
    writeRun(join(elsewhere, job.name), { 'run.lock': '{}' })
    writeFileSync(join(elsewhere, 'parts.json'), JSON.stringify([{ worker: 'w', adapter: 'A', fromStep: 0 }]))
    const copied = await openAttempt(runs, job)
    expect([existsSync(elsewhere), existsSync(join(copied.run, 'events.jsonl'))]).toEqual([true, true])
    expect(existsSync(join(copied.run, 'run.lock'))).toBe(false)
    addPart(copied, { worker: 'x', adapter: 'B', fromStep: 5 })
    addPart(copied, { worker: 'y', adapter: 'B', fromStep: 3 })
    expect(partsIn(copied).map(({ worker, fromStep }) => [worker, fromStep])).toEqual([
      ['w', 0],
      ['y', 3],
    ])
    const moved = await openAttempt(runs, job)
    expect([existsSync(copied.folder), existsSync(moved.run)]).toEqual([false, true])
    removeOthers(runs, job, moved)
    expect([existsSync(elsewhere), existsSync(moved.run)]).toEqual([false, true])
  })
})
