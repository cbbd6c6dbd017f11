import { csvParse } from 'd3-dsv'
import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.ts'

describe('CSV', () => {
  it.each(['', 'a,b\n', 'a,b\n1,2\n', 'a,"b ""c"""\n"1,\n2",3\n4\n', 'a\r\n1\r\n'])(
    '%j is parsed as d3 parses it',
    (text) => {
      const { columns, rows } = parseCsv(text)
      const expected = csvParse(text)
      expect(columns).toEqual(expected.columns ?? [])
      expect(rows).toEqual([...expected].map((row) => ({ ...row })))
    },
  )
})
