/** CSV texts of comparisons as the tables of charts, and where their numbers come from. */

import { csvParseRows } from 'd3-dsv'
import type { RunRecord } from '../../experiments/record.ts'
import { hexOf } from '../../hex.ts'
import type { ChartTable, FigureSource } from '../charts/chart-frame.tsx'

const cellOf = (text: string): string | number => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

export function tableOf(csv: string): ChartTable {
  const [columns, ...rows] = csvParseRows(csv)
  return { columns, rows: () => rows.map((row) => row.map(cellOf)) }
}

/** Names of the runs, and one SHA-256 over all configurations and images. */
export const sourceOf = (runs: readonly RunRecord[]): FigureSource => ({
  name: 'comparison',
  provenance: async () => {
    const text = runs.map(({ config, fingerprint }) => JSON.stringify(config) + fingerprint).join('\n')
    return {
      lab: '',
      run: runs.map(({ name }) => name).join(', '),
      seed: null,
      step: 0,
      data: [...new Set(runs.map(({ fingerprint }) => fingerprint))].join(', '),
      fingerprint: hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
    }
  },
})
