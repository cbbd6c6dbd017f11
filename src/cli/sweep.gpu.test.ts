import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readFolder } from '../../e2e/torture/command.ts'
import { runDifference } from '../../e2e/torture/record.ts'
import { scenarios, writeImages } from '../../e2e/torture/scenarios.ts'
import { childrenOf, killAll, type Started, startLab } from '../../e2e/torture/sweep.ts'
import { startRedis, withoutRedis } from '../testing/redis.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-sweep-'))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

const { config } = scenarios[2]
const plan = {
  name: 'toy',
  base: { ...config, data: { ...config.data, source: 'images' }, checkpoint: { resumeSteps: 1 } },
  arms: [{ name: 'a' }],
  seeds: [1, 2],
  measure: { linearity: true },
}

const lab = (...args: string[]): Started =>
  startLab(home, args, { LAB_QUEUE_PASSWORD: 'secret', LAB_QUEUE_LOCK: '3000' })

async function until(what: () => boolean, worker: Started): Promise<void> {
  while (!what()) {
    if (worker.child.exitCode !== null) throw new Error(`the worker ended:\n${worker.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The folders of runs that workers wrote, newest last. */
const attempts = (name: string): string[] => {
  const runs = join(home, 'runs')
  if (!existsSync(runs)) return []
  return readdirSync(runs)
    .flatMap((id) => readdirSync(join(runs, id)).map((attempt) => join(runs, id, attempt, name)))
    .filter((folder) => existsSync(folder))
    .sort()
}

/** Whether a run can go on from a step beyond its first. */
const hasStep = (folder: string): boolean => {
  const path = join(folder, 'resume', 'points.json')
  return existsSync(path) && /"step": ?[1-9]/.test(readFileSync(path, 'utf8'))
}

const withoutCheckpoints = (folder: string) =>
  new Map([...readFolder(join(home, folder))].filter(([path]) => !path.startsWith('checkpoints/')))

describe.skipIf(withoutRedis !== null)('a plan on two workers', () => {
  it('has the bytes of the plan in one process, although the first worker is killed in mid-run', async () => {
    await writeImages(join(home, 'images'))
    writeFileSync(join(home, 'plan.json'), JSON.stringify(plan))
    await using server = await startRedis({ password: 'secret' })
    // The password is in the environment.
    const queue = server.url.replace(':secret@', '')
    const work = ['work', '--queue', queue, '--data', 'images', '--runs', 'runs', '--untuned', '--no-cache']
    const coordinator = lab('plan', 'plan.json', '--queue', queue, '--out', 'out', '--json')
    const first = lab(...work)
    await until(() => attempts('a/seed-1').some(hasStep), first)
    expect(killAll(childrenOf(first.child.pid))).toBe(1)
    await first.ended
    const second = lab(...work, '--drain')
    const reference = lab('plan', 'plan.json', '--out', 'local', '--untuned', '--no-cache', '--json')
    for (const { ended, output } of [coordinator, second, reference]) expect(await ended, output()).toBe(0)

    expect(JSON.parse(coordinator.output().slice(coordinator.output().indexOf('{')))).toMatchObject({
      finished: 2,
      failed: [],
    })
    for (const name of ['a/seed-1', 'a/seed-2']) {
      expect(runDifference(withoutCheckpoints(`local/${name}`), withoutCheckpoints(`out/${name}`))).toBe(null)
      const linearity = (folder: string) => readFileSync(join(home, folder, name, 'linearity.csv'), 'utf8')
      expect(linearity('out').replaceAll(/\S*images/g, '')).toBe(linearity('local').replaceAll(/\S*images/g, ''))
      const [own, other] = attempts(name)
      expect(other).toBeUndefined()
      expect(runDifference(readFolder(join(home, 'local', name)), readFolder(own))).toBe(null)
    }
    const { runs } = JSON.parse(readFileSync(join(home, 'out', 'sweep.json'), 'utf8'))
    const parts = runs.find(({ run }: { run: string }) => run === 'a/seed-1').parts
    expect(parts).toHaveLength(2)
    expect(new Set(parts.map(({ worker }: { worker: string }) => worker)).size).toBe(2)
    expect(parts[1]).toMatchObject({ adapter: expect.stringContaining('('), fromStep: expect.any(Number) })
    const written = [...readFolder(join(home, 'out')).values(), Buffer.from(coordinator.output() + second.output())]
    expect(written.some((bytes) => Buffer.from(bytes).includes('secret'))).toBe(false)

    // Another machine collects the same runs later, without any worker.
    const again = lab('plan', 'plan.json', '--queue', queue, '--out', 'again')
    expect(await again.ended, again.output()).toBe(0)
    expect(runDifference(withoutCheckpoints('out/a/seed-2'), withoutCheckpoints('again/a/seed-2'))).toBe(null)
  })
})
