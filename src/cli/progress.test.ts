import { describe, expect, it } from 'vitest'
import { createTerminal, duration, intervals } from './progress.ts'

/** A stream that records what is written, and a clock that the test moves. */
function fake(isTTY: boolean, columns = 80) {
  const written: string[] = []
  const clock = { ms: 0 }
  const screen = { isTTY, columns, write: (text: string) => written.push(text) }
  return { written, clock, terminal: createTerminal(screen, () => clock.ms) }
}

const erase = '\r\u001b[2K'

describe('on a terminal', () => {
  it('draws a bar with count, rate and time left, and removes it at the end', () => {
    const { written, clock, terminal } = fake(true, 100)
    const progress = terminal.progress({ label: 'Training', unit: 'steps' })
    progress(10, 100)
    clock.ms = 5000
    progress(20, 100, () => 'loss 1.5')
    progress(100, 100)
    expect(written).toEqual([
      `${erase}Training ██░░░░░░░░░░░░░░░░░░ 10 % 10/100 steps`,
      `${erase}Training ████░░░░░░░░░░░░░░░░ 20 % 20/100 steps, 2.0 steps/s, 40 s left, loss 1.5`,
      erase,
    ])
  })

  it('draws at most once per interval', () => {
    const { written, clock, terminal } = fake(true)
    const progress = terminal.progress({ label: 'Training', unit: 'steps' })
    for (clock.ms = 0; clock.ms < 10 * intervals.bar; clock.ms += 10) progress(clock.ms, 1e6)
    expect(written).toHaveLength(10)
  })

  it('writes lines above the bar and draws it again', () => {
    const { written, terminal } = fake(true)
    terminal.progress({ label: 'Reading', unit: 'images' })(1, 0)
    terminal.say('Warning: slow disk')
    expect(written).toEqual([`${erase}Reading 1 images`, erase, 'Warning: slow disk\n', `${erase}Reading 1 images`])
  })

  it('cuts a bar that is wider than the terminal', () => {
    const { written, terminal } = fake(true, 20)
    terminal.progress({ label: 'Training', unit: 'steps' })(1, 10)
    expect(written[0].slice(erase.length)).toHaveLength(19)
  })

  it('writes nothing if there is no bar to remove', () => {
    const { written, terminal } = fake(true)
    terminal.clear()
    expect(written).toEqual([])
  })
})

describe('elsewhere', () => {
  it('writes plain lines, at most one per interval', () => {
    const { written, clock, terminal } = fake(false)
    const progress = terminal.progress({ label: 'Training', unit: 'steps' })
    for (let step = 1; step <= 100; step++) {
      progress(step, 400, () => 'loss 1.5')
      clock.ms += intervals.line / 50
    }
    expect(written).toEqual([
      'Training: 1 of 400 steps, 0 %, loss 1.5\n',
      'Training: 51 of 400 steps, 12 %, 25 steps/s, 14 s left, loss 1.5\n',
    ])
  })

  it('shows seconds per step below one per second, and only the share without a unit', () => {
    const slow = fake(false)
    const steps = slow.terminal.progress({ label: 'Training', unit: 'steps' })
    const ablated = slow.terminal.progress({ label: 'Ablating epoch-0001.safetensors' })
    for (const at of [0, 1]) {
      slow.clock.ms = at * 2500
      steps(at, 1000)
      ablated(at, 4)
    }
    expect(slow.written.slice(2)).toEqual([
      'Training: 1 of 1000 steps, 0 %, 2.5 s per step, 42 min left\n',
      'Ablating epoch-0001.safetensors: 25 %, 8 s left\n',
    ])
  })
})

it('writes durations in the unit that suits them', () => {
  expect([95, 720, 12_240].map(duration)).toEqual(['95 s', '12 min', '3.4 h'])
})
