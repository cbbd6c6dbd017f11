/** CSV texts of comparisons as the tables of charts and as files, and where their numbers come from. */
import { csvParseRows } from 'd3-dsv'
import type { RunRecord } from '../../experiments/record.ts'
import { hexOf } from '../../hex.ts'
import { download } from '../../store/download.ts'
import { figureCsv } from '../figure/export.ts'
import type { ChartTable, FigureSource } from '../figure/figure.ts'

const cellOf = (text: string): string | number => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

export function tableOf(csv: string): ChartTable {
  const [columns, ...rows] = csvParseRows(csv)
  return { columns, rows: () => rows.map((row) => row.map(cellOf)) }
}

const listed = (values: readonly string[]) => [...new Set(values)].join(', ')
const namesOf = (runs: readonly RunRecord[]) => runs.map(({ name }) => name).join(', ')
const labsOf = (runs: readonly RunRecord[]) => listed(runs.map(({ lab }) => lab))

/** Names of the runs, the lab's versions that trained them, and one SHA-256 over all configurations and images. */
export const sourceOf = (runs: readonly RunRecord[]): FigureSource => ({
  name: 'comparison',
  cells: { lab: labsOf(runs), comparedRuns: namesOf(runs) },
  provenance: async () => {
    const text = runs.map(({ config, fingerprint }) => JSON.stringify(config) + fingerprint).join('\n')
    return {
      lab: labsOf(runs),
      run: namesOf(runs),
      seed: null,
      step: 0,
      data: listed(runs.map(({ fingerprint }) => fingerprint)),
      fingerprint: hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
    }
  },
})

/** A text of rows as a file that says what it was made of. */
export function comparisonCsv(csv: string, runs: readonly RunRecord[]): string {
  const [columns, ...rows] = csvParseRows(csv)
  return figureCsv({ table: { columns, rows: () => rows }, source: sourceOf(runs) })
}

export const saveCsv = (csv: string, runs: readonly RunRecord[], file: string): void =>
  download(new Blob([comparisonCsv(csv, runs)], { type: 'text/csv' }), file)
