/** The menu of a chart: its downloads. The code that makes the files is loaded when it is used. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { messageOf } from '../../message.ts'
import type { Run } from '../../runs/reduce.ts'
import { series } from '../../store/series.ts'
import type { Figure } from './figure.ts'
import { Icon } from './icons.tsx'

interface ChartMenuProps {
  readonly title: string
  readonly figure: () => Figure | null
  readonly onNote: (note: string | null) => void
}

type Exports = typeof import('./export.ts')
type Download = (exports: Exports, figure: Figure, run: Run | null) => Promise<void>

const items: readonly { readonly name: string; readonly download: Download }[] = [
  { name: 'Download SVG', download: ({ downloadSvg }, figure, run) => downloadSvg(figure, run) },
  { name: 'Download PNG', download: ({ downloadPng }, figure, run) => downloadPng(figure, run, 2) },
  { name: 'Download PNG 3×', download: ({ downloadPng }, figure, run) => downloadPng(figure, run, 3) },
  { name: 'Download CSV', download: ({ downloadCsv }, figure, run) => downloadCsv(figure, run) },
]

export function ChartMenu({ title, figure, onNote }: ChartMenuProps) {
  const act = (download: Download) => () => {
    const current = figure()
    if (!current) return
    onNote(null)
    import('./export.ts')
      .then((exports) => download(exports, current, series.shown()))
      .catch((error: unknown) => onNote(`The chart could not be exported: ${messageOf(error)}`))
  }
  return (
    <MenuTrigger>
      <Button className="chart-tool" aria-label={`${title} menu`}>
        <span title="Download">
          <Icon name="download" />
        </span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu">
          {items.map(({ name, download }) => (
            <MenuItem key={name} className="menu-item" onAction={act(download)}>
              {name}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
