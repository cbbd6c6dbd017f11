import { describe, expect, it } from 'vitest'
import { expandPlan, nothingMeasured, parsePlan } from '../plan.ts'
import { parseJob, parseProgress, parseResult } from './parse-job.ts'
import { jobId, jobOf, mostJobText, type RunJob } from './run-job.ts'

const planOf = (source: string) =>
  parsePlan({ name: 'toy', base: { data: { source }, train: { epochs: 2 } }, arms: [{ name: 'a' }], seeds: [1, 2] })
const [first, second] = expandPlan(planOf('/home/me/images'))

const sent = async (): Promise<RunJob> => JSON.parse(JSON.stringify(await jobOf('toy', first, nothingMeasured)))

/** A job whose id fits the change, as an attacker would make it. */
const signed = async (changes: Partial<RunJob>): Promise<unknown> => {
  const job = { ...(await sent()), ...changes }
  return { ...job, id: await jobId(job) }
}

describe('the job of a run', () => {
  it('has the same id wherever the images are, and another for another seed, plan or measurement', async () => {
    const [elsewhere] = expandPlan(planOf('other.zip'))
    const id = (await jobOf('toy', first, nothingMeasured)).id
    expect((await jobOf('toy', elsewhere, nothingMeasured)).id).toBe(id)
    const others = await Promise.all([
      jobOf('toy', second, nothingMeasured),
      jobOf('other', first, nothingMeasured),
      jobOf('toy', first, { ...nothingMeasured, linearity: true }),
    ])
    expect(new Set([id, ...others.map((job) => job.id)]).size).toBe(4)
  })

  it('is read as it was sent, without the place of the images', async () => {
    const job = await sent()
    expect(await parseJob(job)).toEqual(job)
    expect(JSON.stringify(job)).not.toContain('/home/me')
  })

  it.each([
    ['no job', async () => 'job', /the job is no object/],
    ['another format', async () => signed({ format: 2 as 1 }), /format 2; this version reads 1/],
    ['an id that does not fit', async () => ({ ...(await sent()), id: '0'.repeat(32) }), /not the hash/],
    ['an id that is a path', async () => ({ ...(await sent()), id: '../../../../etc/cron.d/aaaaaaaaaa' }), /no hash/],
    ['a name that is a path', async () => signed({ name: '../../x/seed-1' }), /invalid run name/],
    ['a name with more folders', async () => signed({ name: 'a/b/seed-1' }), /invalid run name/],
    ['another name than its configuration', async () => signed({ name: 'b/seed-1' }), /not the name/],
    [
      'a place of images',
      async () => {
        const { config } = await sent()
        return signed({ config: { ...config, data: { ...config.data, source: '/etc' } } })
      },
      /not the name of its configuration/,
    ],
    [
      'an invalid configuration',
      async () => {
        const { config } = await sent()
        return signed({ config: { ...config, train: { ...config.train, epochs: -1 } } })
      },
      /invalid train\.epochs/,
    ],
    [
      'an unknown key',
      async () => signed({ config: { ...(await sent()).config, command: 'rm' } as unknown as RunJob['config'] }),
      /unknown configuration key: command/,
    ],
    [
      'an invalid measurement',
      async () => signed({ measure: { steps: 1 } as unknown as RunJob['measure'] }),
      /measure/,
    ],
    ['too much text', async () => ({ ...(await sent()), plan: 'x'.repeat(mostJobText) }), /at most 262144/],
  ])('is refused with %s', async (_, make, message) => {
    await expect(parseJob(await make())).rejects.toThrow(message)
  })
})

describe('what workers send', () => {
  const progress = {
    worker: 'w',
    adapter: 'A',
    activity: 'training',
    step: 1,
    totalSteps: 2,
    epoch: 0.5,
    loss: 1,
    top1: null,
  }
  const result = {
    reason: 'finished',
    message: 'Done.',
    parts: [{ worker: 'w', adapter: 'A', fromStep: 0 }],
    bundle: { at: 'queue', bytes: 10, sha256: 'a'.repeat(64) },
  }

  it('is read as it was sent', () => {
    expect(parseProgress(progress)).toEqual(progress)
    expect(parseResult(result)).toEqual(result)
  })

  it('cannot change what a terminal shows', () => {
    expect(parseProgress({ ...progress, adapter: '\u001b[2Jx\n' }).adapter).toBe(' [2Jx ')
  })

  it.each([
    [{ ...result, reason: 'stopped' }, /no reason/],
    [{ ...result, bundle: { ...result.bundle, at: '/etc/passwd' } }, /neither in the queue nor in a folder/],
    [{ ...result, bundle: { ...result.bundle, bytes: 2 ** 40 } }, /the size of the bundle/],
    [{ ...result, bundle: { ...result.bundle, sha256: '../x' } }, /no hash/],
    [{ ...result, parts: {} }, /no list of parts/],
    [undefined, /no object/],
  ])('is refused where it is no result (%#)', (value, message) => {
    expect(() => parseResult(value)).toThrow(message)
  })
})
