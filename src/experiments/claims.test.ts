import { describe, expect, it } from 'vitest'
import type { RunConfigInput } from '../config/config.ts'
import { stream } from '../random.ts'
import { type MadeRun, madeRun } from '../testing/records.ts'
import type { ClaimId } from './claims/texts.ts'
import { claimTexts } from './claims/texts.ts'
import { checkClaims } from './claims.ts'
import type { RunRecord } from './record.ts'

const seeds = [1, 2, 3, 4]

/** A little noise that differs between seeds and has no trend. */
const jitter = (seed: number, epoch: number) => 0.004 * Math.sin(7 * seed + 3 * epoch)

const claim = (id: ClaimId, runs: readonly RunRecord[]) => {
  const found = checkClaims(runs).find((own) => own.id === id)
  if (!found) throw new Error(`no claim ${id}`)
  return found
}

type Curve = 'above' | 'harm' | 'linear'
const risen = (epoch: number) => (epoch === 0 ? 0.05 : epoch <= 2 ? 0.4 : 0.2)

/** Runs with these curves plus noise, one run for each seed. */
const made = (
  curves: Partial<Record<Curve, (epoch: number) => number>>,
  own: readonly number[] = seeds,
  more: MadeRun = {},
) =>
  own.map((seed) => {
    const noisy = Object.entries(curves).map(([name, curve]) => [
      name,
      (epoch: number) => curve(epoch) + jitter(seed, epoch),
    ])
    return madeRun({ seed, ...more, ...Object.fromEntries(noisy) })
  })

describe('no runs', () => {
  it('leave every claim undecided and name the plan to run', () => {
    const claims = checkClaims([])
    expect(claims.map(({ id }) => id)).toEqual(claimTexts.map(({ id }) => id))
    for (const { verdict, because, effect } of claims) {
      expect(verdict).toBe('not yet')
      expect(because).toMatch(/^Run the plan “.+” \(plan [a-z-]+\)/)
      expect(effect).toBeNull()
    }
  })
})

describe('rise and recede', () => {
  const of = (runs: readonly RunRecord[]) => claim('rise-and-recede', runs)

  it('holds if SI − floor peaks early and stays above 0', () => {
    const { verdict, effect, parts, seeds: judged } = of(made({ above: risen }))
    expect(verdict).toBe('holds')
    expect(judged).toEqual(seeds)
    expect(parts.map(({ name }) => name)).toEqual(['layer1', 'layer2'])
    expect(effect?.id).toBe('recede')
    expect(effect?.estimate.mean).toBeCloseTo(0.2, 1)
    expect(effect?.seeds[0].terms.map(({ what }) => what)).toEqual(['early peak', 'end'])
  })

  it.each([
    ['grows to the end', (epoch: number) => 0.05 * epoch],
    ['falls from the initialisation on', (epoch: number) => 0.5 - 0.04 * epoch],
    ['ends below the floor', (epoch: number) => (epoch === 0 ? 0 : 0.5 - 0.06 * epoch)],
  ])('is contradicted by a curve that %s', (_, above) => {
    expect(of(made({ above })).verdict).toBe('contradicted')
  })

  it('does not mistake noise for a peak', () => {
    // Curves without a trend, with noise at each probe. The 95 % interval lies above 0 about one time in forty, and
    // below 0 as often.
    const found = Array.from({ length: 200 }, (_, trial) => {
      const noise = stream(trial, 'noise')
      const runs = seeds.map((seed) => madeRun({ seed, epochs: 20, above: () => 0.2 + 0.05 * noise.normal() }))
      return of(runs).parts[0].conditions.find(({ id }) => id === 'recede')?.status
    })
    expect(found.filter((status) => status === 'met').length).toBeLessThan(15)
    expect(found.filter((status) => status === 'refuted').length).toBeLessThan(15)
  })

  it('has too few seeds with one or two', () => {
    for (const own of [[1], [1, 2]]) {
      const { verdict, because } = of(made({ above: risen }, own))
      expect(verdict).toBe('too few seeds')
      expect(because).toContain(`${own.length} of the 3 seeds`)
    }
  })

  it('counts each seed once, and lists the excluded runs', () => {
    const runs = [
      ...made({ above: risen }, [1, 2]),
      ...made({ above: risen }, [1, 1, 1], { name: 'again' }),
      ...made({ above: risen }, [5], { name: 'broken', state: 'diverged' }),
      ...made({ above: risen }, [6], {
        name: 'regular',
        schedule: { schedule: [{ fromEpoch: 0, toEpoch: 9, alpha: -1 }] },
      }),
      ...made({ above: risen }, [7], { name: 'wide', config: { model: { width: 32 } } }),
      { ...made({ above: risen }, [8], { name: 'by hand' })[0], held: true },
    ]
    const { verdict, runs: judged, leftOut } = of(runs)
    expect(verdict).toBe('too few seeds')
    expect(judged).toEqual(['none/seed-1', 'none/seed-2'])
    const reasons = Object.fromEntries(leftOut.map(({ run, reason }) => [run, reason]))
    expect(reasons).toMatchObject({
      again: 'another run with the same seed is judged',
      broken: expect.stringContaining('diverged'),
      regular: 'it has a regularizer',
      wide: expect.stringContaining('configuration'),
      'by hand': expect.stringContaining('by hand'),
    })
  })

  it('is not decided without probes, or when some are not finite', () => {
    expect(of(made({})).verdict).toBe('not yet')
    const lost = made({ above: risen }).map((run) => ({ ...run, probes: run.probes.filter(({ epoch }) => epoch < 10) }))
    expect(of(lost)).toMatchObject({ verdict: 'not yet', because: expect.stringContaining('Known so far') })
    const holes = made({ above: (epoch) => (epoch === 5 ? Number.NaN : risen(epoch)) })
    expect(of(holes).verdict).toBe('holds')
    const end = made({ above: (epoch) => (epoch === 10 ? Number.NaN : risen(epoch)) })
    expect(of(end).verdict).toBe('not yet')
  })

  it('is contradicted if one module contradicts it', () => {
    const runs = made({ above: risen }).map((run) => ({
      ...run,
      probes: run.probes.map(({ epoch, modules }) => ({
        epoch,
        modules: new Map([...modules, ['layer2', { selectivity: 0.1 + 0.05 * epoch, floor: 0.1 }]]),
      })),
    }))
    const { verdict, because, parts } = of(runs)
    expect(parts.map((part) => part.verdict)).toEqual(['holds', 'contradicted'])
    expect(verdict).toBe('contradicted')
    expect(because).toBe('By part – holds: layer1; contradicted: layer2.')
  })
})

describe.each([
  ['matter-early', 'harm', 'ablation'],
  ['near-linear-early', 'linear', 'linearity'],
] as const)('%s', (id, curve, chart) => {
  const of = (runs: readonly RunRecord[]) => claim(id, runs)
  const falling = (epoch: number) => 0.5 - 0.03 * epoch

  it('holds if the extra harm falls from the early checkpoint to the end', () => {
    const found = of(made({ above: risen, [curve]: falling }))
    expect(found).toMatchObject({ verdict: 'holds', chart })
    expect(found.parts).toHaveLength(curve === 'harm' ? 2 : 4)
    expect(found.effect?.estimate.mean).toBeGreaterThan(0.2)
    expect(found.effect?.seeds[0].terms.map(({ epoch }) => epoch).sort()).toEqual([10, 2].sort())
  })

  it('is contradicted if the extra harm grows, and not decided if it does not change', () => {
    expect(of(made({ above: risen, [curve]: (epoch: number) => 0.2 + 0.02 * epoch })).verdict).toBe('contradicted')
    expect(of(made({ above: risen, [curve]: () => 0.3 })).verdict).toBe('not yet')
  })

  it('has too few seeds if too few were measured', () => {
    const runs = [...made({ above: risen, [curve]: falling }, [1, 2]), ...made({ above: risen }, [3, 4, 5])]
    expect(of(runs)).toMatchObject({ verdict: 'too few seeds', because: expect.stringContaining('Run the plan') })
  })

  it('uses the measured run if a seed has two runs', () => {
    const runs = [...made({ above: risen }), ...made({ above: risen, [curve]: falling }, seeds, { name: 'measured' })]
    expect(of(runs).verdict).toBe('holds')
  })

  it('is not decided without measurements, without probes, or without an early checkpoint', () => {
    expect(of(made({ above: risen })).verdict).toBe('not yet')
    expect(of(made({ [curve]: falling })).verdict).toBe('not yet')
    expect(of(made({ above: risen, [curve]: falling }, seeds, { epochs: 4 })).verdict).toBe('not yet')
  })
})

describe('causal', () => {
  const of = (runs: readonly RunRecord[]) => claim('causal', runs)
  const window = (alpha: number, fromEpoch: number, toEpoch = 10): RunConfigInput['regularizer'] => ({
    schedule: [{ fromEpoch, toEpoch, alpha }],
  })
  const arm = (name: string, top1: number, schedule: MadeRun['schedule'] = {}, own: readonly number[] = seeds) =>
    own.map((seed) => madeRun({ seed, name: `${name}/seed-${seed}`, schedule, top1: top1 + jitter(seed, 1) }))
  const none = arm('none', 0.6)

  it('holds when the early arm loses much and the late arm little', () => {
    const { verdict, effect, parts } = of([
      ...none,
      ...arm('from-0', 0.3, window(-2, 0)),
      ...arm('from-5', 0.57, window(-2, 5)),
    ])
    expect(verdict).toBe('holds')
    expect(effect).toMatchObject({ id: 'harm', unit: 'points' })
    expect(effect?.estimate.mean).toBeCloseTo(0.3, 6)
    expect(parts[0]).toMatchObject({ name: 'α −2, late from epoch 5' })
    expect(parts[0].conditions.find(({ id }) => id === 'late-cost')?.estimate.mean).toBeCloseTo(0.03, 6)
  })

  it.each([
    ['early regularization does not harm', 0.7, 0.65],
    ['late regularization harms as much', 0.3, 0.32],
  ])('is contradicted if %s', (_, early, late) => {
    const runs = [...none, ...arm('from-0', early, window(-2, 0)), ...arm('from-5', late, window(-2, 5))]
    expect(of(runs).verdict).toBe('contradicted')
  })

  it('has too few seeds if the arms have two in common', () => {
    const runs = [...none, ...arm('from-0', 0.3, window(-2, 0), [1, 2, 9]), ...arm('from-5', 0.57, window(-2, 5))]
    expect(of(runs)).toMatchObject({ verdict: 'too few seeds', because: expect.stringContaining('2 of the 3') })
  })

  it('is not decided without an arm, and names the arm', () => {
    expect(of(none).verdict).toBe('not yet')
    const halfway = of([...none, ...arm('from-0', 0.3, window(-2, 0))])
    expect(halfway).toMatchObject({ verdict: 'not yet', because: expect.stringContaining('Known so far') })
    expect(halfway.because).toContain('30.00 percentage points')
    const broken = arm('from-0', 0.3, window(-2, 0)).map((run): RunRecord => ({ ...run, state: 'diverged' }))
    const failed = of([...none, ...broken, ...arm('from-5', 0.57, window(-2, 5))])
    expect(failed.verdict).toBe('not yet')
    expect(failed.leftOut).toHaveLength(4)
  })

  it('reports an α that is too strong', () => {
    const both = of([...none, ...arm('from-0', 0.1, window(-20, 0)), ...arm('from-5', 0.1, window(-20, 5))])
    expect(both).toMatchObject({ verdict: 'not yet', because: expect.stringContaining('α −20 is too strong here') })
    const one = of([...none, ...arm('from-0', 0.1, window(-20, 0)), ...arm('from-5', 0.57, window(-20, 5))])
    expect(one.verdict).toBe('holds')
    expect(one.parts[0].cautions[0]).toMatch(/α −20 may be too strong/)
  })

  it('gives no verdict if the network does not learn', () => {
    const runs = [...arm('none', 0.1), ...arm('from-0', 0.1, window(-2, 0)), ...arm('from-5', 0.1, window(-2, 5))]
    expect(of(runs).because).toMatch(/at chance even without a regularizer/)
  })

  it('uses the strongest α at which the late arm learns, and shows the others', () => {
    const runs = [
      ...none,
      ...arm('a', 0.1, window(-20, 0)),
      ...arm('b', 0.1, window(-20, 5)),
      ...arm('c', 0.3, window(-2, 0)),
      ...arm('d', 0.57, window(-2, 5)),
      ...arm('e', 0.61, window(-0.1, 0)),
      ...arm('f', 0.6, window(-0.1, 5)),
    ]
    const { verdict, because, parts } = of(runs)
    expect(parts.map(({ name }) => name.split(',')[0])).toEqual(['α −20', 'α −2', 'α −0.1'])
    expect(verdict).toBe('holds')
    expect(because).toMatch(/^α −2, late from epoch 5: /)
  })

  it('excludes controls, windows that end early, and runs that promote selectivity', () => {
    const runs = [
      ...none,
      ...arm('shuffled', 0.3, { ...window(-2, 0), labels: 'shuffled' }),
      ...arm('short', 0.3, window(-2, 0, 5)),
      ...arm('promoted', 0.3, window(2, 0)),
    ]
    expect(of(runs)).toMatchObject({ verdict: 'not yet', parts: [] })
  })
})
