import { expect, it } from 'vitest'
import { resultIn } from './in-node.mjs'

it('a result is what a process printed in a complete line, however the process ended', () => {
  expect(resultIn('{"seconds":2}\n')).toEqual({ seconds: 2 })
  for (const text of ['', '{"seconds":2}', '{"seco', 'a line of a library\n']) expect(resultIn(text)).toBeUndefined()
})
