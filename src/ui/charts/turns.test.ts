import { describe, expect, it } from 'vitest'
import { createTurns } from './turns.ts'

/** A clock that the test moves, with the tasks that wait for it. Work takes the time that it says. */
function machine() {
  let time = 0
  let tasks: { at: number; act: () => void }[] = []
  const turns = createTurns({ later: (wait, act) => tasks.push({ at: time + wait, act }), now: () => time })
  const done: { name: string; at: number }[] = []
  /** Does the next task; returns false without one. */
  const step = () => {
    const [first] = tasks.toSorted((a, b) => a.at - b.at)
    if (!first) return false
    tasks = tasks.filter((task) => task !== first)
    time = Math.max(time, first.at)
    first.act()
    return true
  }
  const wait = (name: string, takes: number, isUrgent = false) =>
    turns.wait(() => {
      done.push({ name, at: time })
      time += takes
    }, isUrgent)
  return { turns, wait, step, done, time: () => time, tasks: () => tasks.length }
}

const namesOf = (done: readonly { name: string }[]) => done.map(({ name }) => name)

describe('turns', () => {
  it('do one piece of work in each task, in order', () => {
    const { wait, step, done } = machine()
    for (const name of ['a', 'b', 'c']) wait(name, 0)
    expect(done).toEqual([])
    step()
    expect(namesOf(done)).toEqual(['a'])
    while (step());
    expect(namesOf(done)).toEqual(['a', 'b', 'c'])
  })

  it('take at most one part in forty of the time, and rest at most a second', () => {
    const { wait, step, done } = machine()
    for (const [name, takes] of [
      ['a', 10],
      ['b', 100],
      ['c', 1],
    ] as const)
      wait(name, takes)
    while (step());
    expect(done.map(({ at }) => at)).toEqual([0, 400, 1500])
  })

  it('do urgent work at once, also during a rest, each piece in a task of its own', () => {
    const { wait, step, done, time, tasks } = machine()
    wait('a', 20)
    step()
    wait('later', 1)
    wait('now', 1, true)
    wait('too', 1, true)
    step()
    expect(namesOf(done)).toEqual(['a', 'now'])
    step()
    expect([namesOf(done), time()]).toEqual([['a', 'now', 'too'], 22])
    while (step());
    expect([namesOf(done).at(-1), tasks()]).toEqual(['later', 0])
  })

  it('leave out what was cancelled, and go on after an error', () => {
    const { turns, wait, step, done } = machine()
    turns.wait(() => {
      throw new Error('no room')
    }, false)
    const cancel = wait('cancelled', 1)
    wait('last', 1)
    cancel()
    expect(step).toThrow('no room')
    while (step());
    expect(namesOf(done)).toEqual(['last'])
  })
})
