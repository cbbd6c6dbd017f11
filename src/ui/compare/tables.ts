/** Converts CSV texts of comparisons to chart tables and files, with their origin. */
import { csvParseRows } from 'd3-dsv'
import type { RunRecord } from '../../experiments/record.ts'
import { sha256 } from '../../sha256.ts'
import { download } from '../../store/download.ts'
import type { ChartTable, FigureSource } from '../figure/figure.ts'
import { figureCsv } from '../figure/figure-csv.ts'

const cellOf = (text: string): string | number => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

export function tableOf(csv: string): ChartTable {
  const [columns, ...rows] = csvParseRows(csv)
  return { columns, rows: () => rows.map((row) => row.map(cellOf)) }
}

const listed = (values: readonly string[]) => [...new Set(values)].join(', ')
const namesOf = (runs: readonly RunRecord[]) => runs.map(({ name }) => name).join(', ')
const labsOf = (runs: readonly RunRecord[]) => listed(runs.map(({ lab }) => lab))

/** The origin of a comparison: names of the runs, versions of the lab, and one SHA-256 over all configurations and data. */
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
      fingerprint: await sha256(text),
    }
  },
})

/** A CSV text with extra columns that name the compared runs and the versions of the lab. */
export function comparisonCsv(csv: string, runs: readonly RunRecord[]): string {
  const [columns, ...rows] = csvParseRows(csv)
  return figureCsv({ table: { columns, rows: () => rows }, source: sourceOf(runs) })
}

export const saveCsv = (csv: string, runs: readonly RunRecord[], file: string): void =>
  download(new Blob([comparisonCsv(csv, runs)], { type: 'text/csv' }), file)
