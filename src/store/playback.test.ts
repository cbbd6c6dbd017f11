import { expect, test } from 'vitest'
import { logged } from '../runs/logged.ts'
import { startEvent } from '../testing/events.ts'
import { openLab } from '../testing/lab.ts'
import { madeProbe, toySites } from '../testing/probes.ts'
import { createPlayback, framesOf } from './playback.ts'

/** A page with a run of probes at these steps, and a clock that the test moves. */
function page(steps: readonly number[], isStill = false) {
  const { lab, series, state } = openLab()
  series.begin('run')
  series.add({ ...startEvent, time: 0 })
  const probe = (step: number) => series.add(logged({ ...madeProbe(toySites, step, step / 10), time: step }).event)
  steps.forEach(probe)
  let due: { act: () => void; ms: number } | null = null
  const player = createPlayback({
    lab,
    shown: series.shown,
    after: (ms, act) => {
      const own = { act, ms }
      due = own
      return () => {
        if (due === own) due = null
      }
    },
    isStill: () => isStill,
  })
  const tick = () => {
    const now = due
    due = null
    now?.act()
    return now?.ms
  }
  /** The moments until playing stops, and the milliseconds before each. */
  const playOut = () => {
    const moments: (number | null)[] = [state().view.moment]
    const times: number[] = []
    while (player.store.getState().playing) {
      times.push(tick() ?? Number.NaN)
      if (player.store.getState().playing) moments.push(state().view.moment)
    }
    return { moments, times }
  }
  return { lab, series, player, tick, playOut, probe, moment: () => state().view.moment }
}

const playing = ({ player }: ReturnType<typeof page>) => player.store.getState().playing

test('a run plays from its first probe to the newest, each probe once, and is then followed', () => {
  const own = page([0, 1, 2, 5, 10])
  own.player.toggle()
  expect(own.playOut().moments).toEqual([0, 1, 2, 5, null])
  expect(playing(own)).toBe(false)
})

test('playing goes on from the shown moment, and a second press stops it there', () => {
  const own = page([0, 1, 2, 5, 10])
  own.lab.setView({ moment: 1 })
  own.player.toggle()
  own.tick()
  own.player.toggle()
  expect([playing(own), own.moment(), own.tick()]).toEqual([false, 2, undefined])
})

test('a move of the user stops the playing and stays', () => {
  const own = page([0, 1, 2, 5, 10])
  own.player.toggle()
  own.tick()
  own.lab.setView({ moment: 5 })
  expect([playing(own), own.tick(), own.moment()]).toEqual([false, undefined, 5])
  own.player.toggle()
  own.lab.setView({ cursor: 3 })
  expect(playing(own)).toBe(true)
})

test('another run stops it, without a change of the view', () => {
  const own = page([0, 1, 2])
  own.player.toggle()
  own.series.begin('other')
  own.tick()
  expect([playing(own), own.moment()]).toEqual([false, 0])
})

test('playTo plays forward to the nearest probe, and jumps back', () => {
  const own = page([0, 1, 2, 5, 10])
  own.player.playTo(0)
  expect([playing(own), own.moment()]).toEqual([false, 0])
  own.player.playTo(6)
  expect(own.playOut().moments).toEqual([0, 1, 2, 5])
  own.player.playTo(1)
  expect([playing(own), own.moment()]).toEqual([false, 1])
  own.player.playTo(100)
  expect(own.playOut().moments).toEqual([1, 2, 5, null])
})

test('with reduced motion playTo jumps, and a run is at most six still pictures', () => {
  const own = page(
    Array.from({ length: 31 }, (_, i) => i),
    true,
  )
  own.player.playTo(0)
  own.player.playTo(7)
  expect([playing(own), own.moment()]).toEqual([false, 7])
  own.player.playTo(30)
  own.player.toggle()
  const { moments, times } = own.playOut()
  expect(moments).toEqual([0, 6, 12, 18, 24, null])
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1000)
})

test('probes that a growing run adds while it plays do not stop it', () => {
  const own = page([0, 1, 2])
  own.player.toggle()
  own.probe(3)
  expect(own.playOut().moments).toEqual([0, 1, 2])
})

test('nothing plays without a run, or with a single probe', () => {
  const own = page([0])
  own.player.toggle()
  expect(playing(own)).toBe(false)
  const none = page([])
  none.player.playTo(5)
  expect([playing(none), none.moment()]).toEqual([false, null])
})

test.each([20, 34, 100, 400, 5000])('a run of %i probes plays in 8 to 10 seconds', (probes) => {
  const { columns, time } = framesOf(0, probes - 1, probes, false)
  expect(columns.at(-1)).toBe(probes - 1)
  expect(columns.length * time).toBeGreaterThan(8000)
  expect(columns.length * time).toBeLessThan(10_000)
  expect(time).toBeGreaterThanOrEqual(60)
})
