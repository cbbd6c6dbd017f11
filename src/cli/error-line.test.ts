import { describe, expect, it } from 'vitest'
import { FlagError } from './arguments.ts'
import { errorLine } from './error-line.ts'

describe('the line of an error', () => {
  it('has the first line of the message, and the help for wrong flags', () => {
    expect(errorLine(new Error('no space left\nat line 3'), 'train')).toBe('Error: no space left')
    expect(errorLine(new FlagError('missing --out'), 'train')).toBe(
      'Error: missing --out. See: npm run lab -- train --help',
    )
  })

  it('says what a Redis server refused, and the cure', () => {
    const refusal = Object.assign(new Error("OOM command not allowed when used memory > 'maxmemory'."), {
      name: 'ReplyError',
    })
    expect(errorLine(refusal, 'plan')).toMatch(
      /^Error: the Redis server refuses a command \(OOM .*\); raise its maxmemory$/,
    )
  })

  it('says that the user stopped the command', () => {
    expect(errorLine(AbortSignal.abort().reason, 'evaluate')).toBe('Stopped.')
  })
})
