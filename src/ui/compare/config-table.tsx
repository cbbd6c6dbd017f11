/** A table of the settings that differ between the runs. */
import { Button } from 'react-aria-components'
import type { Window } from '../../config/fields.ts'
import { configCsv } from '../../experiments/csv.ts'
import { configDifferences } from '../../experiments/groups.ts'
import type { RunRecord } from '../../experiments/record.ts'
import { scheduleText } from './schedule-text.ts'
import { saveCsv } from './tables.ts'

const isWindow = (value: unknown): value is Window =>
  typeof value === 'object' && value !== null && 'fromEpoch' in value && 'toEpoch' in value && 'alpha' in value

const text = (key: string, value: unknown) => {
  if (Array.isArray(value) && value.length === 0) return 'none'
  if (Array.isArray(value) && value.every(isWindow)) return scheduleText(value)
  if (key === 'data' && typeof value === 'string') return value.slice(0, 12) || 'not known'
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

export function ConfigTable({ runs }: { readonly runs: readonly RunRecord[] }) {
  const differences = configDifferences(runs)
  const save = () => saveCsv(configCsv(differences, runs), runs, 'comparison-configurations.csv')
  return (
    <section className="chart" aria-label="Configurations">
      <header className="chart-head">
        <h2>Configurations</h2>
        {differences.length > 0 && (
          <Button className="button quiet-button" aria-label="Configurations: download CSV" onPress={save}>
            Download CSV
          </Button>
        )}
      </header>
      <p className="chart-caption">
        {differences.length === 0
          ? 'All runs have the same configuration and data.'
          : 'The settings that differ between the runs. All other settings are the same.'}
      </p>
      {differences.length > 0 && <Table runs={runs} differences={differences} />}
    </section>
  )
}

interface TableProps {
  readonly runs: readonly RunRecord[]
  readonly differences: ReturnType<typeof configDifferences>
}

const Table = ({ runs, differences }: TableProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling table must be reachable by keyboard
  <section className="chart-table config-table" tabIndex={0} aria-label="Configurations, table">
    <table>
      <thead>
        <tr>
          <th scope="col">run</th>
          {differences.map(({ key }) => (
            <th key={key} scope="col">
              {key}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map(({ name }, i) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {differences.map(({ key, values }) => (
              <td key={key}>{text(key, values[i])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
)
