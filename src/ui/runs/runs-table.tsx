/** The table of runs: it sorts, selects, and opens a run by its name. */
import {
  Button,
  Cell,
  Checkbox,
  Column,
  Row,
  type Selection,
  type SortDescriptor,
  Table,
  TableBody,
  TableHeader,
} from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun, RunsTableState } from '../../store/experiments/state.ts'
import { columns, type RunColumn, type RunOrder } from './columns.ts'

interface Props {
  readonly runs: readonly LibraryRun[]
  readonly order: RunOrder
  readonly selected: RunsTableState['selected']
}

const take = (selection: Selection): void =>
  experiments.changeTable({ selected: selection === 'all' ? 'all' : new Set([...selection].map(String)) })

const descriptorOf = ({ column, descending }: RunOrder): SortDescriptor => ({
  column,
  direction: descending ? 'descending' : 'ascending',
})

export function RunsTable({ runs, order, selected }: Props) {
  // Dates are shown to the minute: rows are drawn again only when one has passed.
  const now = Math.floor(Date.now() / 60_000) * 60_000
  return (
    <div className="runs-scroll">
      <Table
        className="runs-table"
        aria-label="All runs"
        selectionMode="multiple"
        selectedKeys={selected === 'all' ? 'all' : new Set(selected)}
        onSelectionChange={take}
        sortDescriptor={descriptorOf(order)}
        onSortChange={({ column, direction }) =>
          experiments.changeTable({ order: { column: String(column), descending: direction === 'descending' } })
        }
      >
        <TableHeader>
          <Column className="runs-check">
            <SelectionBox />
          </Column>
          {columns.map((column) => (
            <RunHead key={column.id} column={column} />
          ))}
        </TableHeader>
        <TableBody items={runs} dependencies={[now]} renderEmptyState={() => <p className="quiet">{empty}</p>}>
          {(run) => <RunRow run={run} now={now} />}
        </TableBody>
      </Table>
    </div>
  )
}

const empty = 'No runs here. A run appears when it starts to train, or when you import it.'

const SelectionBox = () => (
  <Checkbox className="checkbox" slot="selection">
    <span className="checkbox-box" />
  </Checkbox>
)

const arrows = { ascending: '↑', descending: '↓' } as const

const RunHead = ({ column: { id, name, isNumber } }: { readonly column: RunColumn }) => (
  <Column id={id} allowsSorting isRowHeader={id === 'name'} className={isNumber ? 'runs-number' : undefined}>
    {({ sortDirection }) => (
      <>
        {name}
        <span aria-hidden="true"> {sortDirection ? arrows[sortDirection] : ''}</span>
      </>
    )}
  </Column>
)

const RunRow = ({ run, now }: { readonly run: LibraryRun; readonly now: number }) => (
  <Row id={run.id} textValue={run.record.name}>
    <Cell className="runs-check">
      <SelectionBox />
    </Cell>
    {columns.map((column) => (
      <Cell key={column.id} className={column.isNumber ? 'runs-number' : undefined}>
        {column.id === 'name' ? <RunName run={run} /> : <Text text={column.text(run, now)} />}
      </Cell>
    ))}
  </Row>
)

const Text = ({ text }: { readonly text: string }) => (
  <span className="runs-text" title={text.length > 24 ? text : undefined}>
    {text}
  </span>
)

const RunName = ({ run: { id, info, record, stored } }: { readonly run: LibraryRun }) => (
  <span className="runs-name">
    {info.pinned && (
      <span role="img" aria-label="pinned" className="runs-pin">
        ★
      </span>
    )}
    <Button className="row-button" onPress={() => experiments.openRun(id)}>
      {record.name}
    </Button>
    {!stored && <span className="badge">not stored</span>}
  </span>
)
