import { expect, test } from 'vitest'
import { errorDetails } from './details.ts'

const context = { part: 'Loss', lab: '1.2.3', browser: 'Chrome 140' }

test('the details of a failure name the part, the versions, the message and both stacks', () => {
  const error = new TypeError('x is undefined')
  const text = errorDetails({ ...context, error, componentStack: '\n    at LossPlots\n    at Boundary' })
  expect(text.split('\n').slice(0, 4)).toEqual([
    'Part: Loss',
    'Lab: 1.2.3',
    'Browser: Chrome 140',
    'Message: x is undefined',
  ])
  expect(text).toContain('details.test.ts')
  expect(text).toContain('at LossPlots\n    at Boundary')
})

test('a thrown value that is no Error is reported too', () => {
  const text = errorDetails({ ...context, error: 'out of paper', componentStack: '' })
  expect(text).toContain('Message: out of paper')
  expect(text).toContain('(no stack)')
  expect(text).toContain('(no component stack)')
})
